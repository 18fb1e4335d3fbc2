/*
 * A real redis-server of one's own: on a free port of 127.0.0.1, in a temporary
 * directory, without persistence, ended by its pid. What cannot be had ends the
 * test program with a message: nothing here is what a test is about.
 */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct redis_server redis_server;

typedef struct redis_server_options {
    const char *const *arguments; /* more of them, ended by NULL; may be NULL */
    const char *password;         /* requirepass; may be NULL */
    bool sentinel;                /* watches no master yet */
} redis_server_options;

/* options may be NULL. Returns when it answers PING. */
redis_server *redis_server_start(const redis_server_options *options);
void redis_server_stop(redis_server *server); /* NULL is a no-op */

int redis_server_port(const redis_server *server);
/* "redis://127.0.0.1:PORT", without a password; view. */
const char *redis_server_url(const redis_server *server);
/* Its directory, for files of the test; view. */
const char *redis_server_dir(const redis_server *server);

/* End it at once, as a crash would; and start it again on the same port. */
void redis_server_kill(redis_server *server);
void redis_server_revive(redis_server *server);
/* It keeps its connections and answers nothing; and goes on. */
void redis_server_freeze(redis_server *server);
void redis_server_thaw(redis_server *server);

/*
 * Ask it something over a connection of the test's own, past the library:
 * argv ended by NULL. Returns the reply as owned text: a status, a string or an
 * integer as it is, "(nil)", an error with a "-" in front, an array as its
 * elements, each followed by a line end.
 */
char *redis_server_ask(const redis_server *server, const char *const *argv);
#define REDIS_ASK(server, ...)                                                 \
    redis_server_ask(server, (const char *const[]){__VA_ARGS__, NULL})
/* The same, and drop the answer, which must be no error. */
void redis_server_order(const redis_server *server, const char *const *argv);
#define REDIS_ORDER(server, ...)                                               \
    redis_server_order(server, (const char *const[]){__VA_ARGS__, NULL})

/* Until the answer contains `text`; false: not within 10 s. */
bool redis_server_await(const redis_server *server, const char *const *argv,
                        const char *text);
#define REDIS_AWAIT(server, text, ...)                                         \
    redis_server_await(server, (const char *const[]){__VA_ARGS__, NULL}, text)

/* A port that nobody listens on. */
int redis_server_free_port(void);

#endif
