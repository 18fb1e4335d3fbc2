/*
 * live: what a list that follows the world costs.
 *
 *   live publish|reload|lazy|idle [ROUNDS]
 *
 * Starts a redis-server of its own. Rounds of ours and of what it is compared
 * with follow each other: A B A B.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis_server.h"

static const struct {
    const char *name;
    int (*run)(const bench_redis *redis, int rounds);
    int rounds;
} measures[] = {
    {"publish", bench_publish, 200},
    {"reload", bench_reload, 60},
    {"lazy", bench_lazy, 400},
    {"idle", bench_idle, 40}, /* seconds */
};

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "stay") == 0) {
        return bench_stay(argv);
    }
    for (size_t i = 0; argc >= 2 && i < sizeof(measures) / sizeof(measures[0]);
         i++) {
        if (strcmp(argv[1], measures[i].name) == 0) {
            int rounds =
                argc > 2 ? (int)strtol(argv[2], NULL, 10) : measures[i].rounds;
            redis_server *server = redis_server_start(NULL);
            bench_redis redis = {redis_server_url(server),
                                 redis_server_port(server)};
            int code = measures[i].run(&redis, rounds);

            redis_server_stop(server);
            return code;
        }
    }
    fputs("usage: live publish|reload|lazy|idle [ROUNDS]\n", stderr);
    return 2;
}
