/*
 * pair: times two commands in turn, A B A B ..., and compares them.
 *
 *   pair [-n ROUNDS] [-w WORK] [-u UNIT] -- A [ARG...] -- B [ARG...]
 *
 * Each is a whole process: wall and processor time, and peak memory as the
 * kernel accounts for the finished child. WORK is how much of UNIT one run
 * does; the ratio is B's time over A's, round by round, so that it holds when
 * the machine's speed drifts: above 1, A is faster. One run of each goes
 * before and does not count.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 1000

extern char **environ;

typedef struct run {
    double wall, cpu;
    long max_rss_kib;
} run;

typedef struct setup {
    int rounds;
    double work;
    const char *unit;
    char **commands[2];
    run runs[2][MAX_ROUNDS];
} setup;

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* What the commands print is not what is measured. */
static int spawn(pid_t *child, char **command)
{
    posix_spawn_file_actions_t actions;
    int rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    rc = posix_spawnp(child, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static bool run_once(char **command, run *out)
{
    double started = now_s();
    struct rusage usage;
    pid_t child;
    int status = 0;
    int rc = spawn(&child, command);

    if (rc != 0) {
        fprintf(stderr, "pair: %s: %s\n", command[0], strerror(rc));
        return false;
    }
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
        /* wait on */
    }
    out->wall = now_s() - started;
    out->cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    out->max_rss_kib = usage.ru_maxrss;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "pair: %s ended with %d\n", command[0], status);
        return false;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

typedef struct spread {
    double low, median, high;
} spread;

static spread spread_of(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), compare);
    return (spread){values[0], values[n / 2], values[n - 1]};
}

static void report_command(const setup *s, int which)
{
    static const char *const names[] = {"A", "B"};
    double wall[MAX_ROUNDS];
    double cpu[MAX_ROUNDS];
    double rss[MAX_ROUNDS];
    spread w;
    spread c;
    spread r;

    for (int i = 0; i < s->rounds; i++) {
        wall[i] = s->runs[which][i].wall;
        cpu[i] = s->runs[which][i].cpu;
        rss[i] = (double)s->runs[which][i].max_rss_kib;
    }
    w = spread_of(wall, s->rounds);
    c = spread_of(cpu, s->rounds);
    r = spread_of(rss, s->rounds);
    printf("  %s: %.0f %s/s, wall %.4f s (%.4f-%.4f), cpu %.4f s, "
           "peak %.1f MiB   %s\n",
           names[which], s->work / w.median, s->unit, w.median, w.low, w.high,
           c.median, r.median / 1024, s->commands[which][0]);
}

static void report(const setup *s)
{
    double ratio[MAX_ROUNDS];
    spread r;

    report_command(s, 0);
    report_command(s, 1);
    for (int i = 0; i < s->rounds; i++) {
        ratio[i] = s->runs[1][i].wall / s->runs[0][i].wall;
    }
    r = spread_of(ratio, s->rounds);
    printf("  ratio %.2f (%.2f-%.2f) over %d rounds\n", r.median, r.low, r.high,
           s->rounds);
}

static int usage(void)
{
    fprintf(stderr, "usage: pair [-n ROUNDS] [-w WORK] [-u UNIT] "
                    "-- A [ARG...] -- B [ARG...]\n");
    return 2;
}

static bool parse(setup *s, int argc, char **argv)
{
    int option;

    s->rounds = 5;
    s->work = 1;
    s->unit = "runs";
    while ((option = getopt(argc, argv, "+n:w:u:")) != -1) {
        if (option == 'n') {
            s->rounds = (int)strtod(optarg, NULL);
        } else if (option == 'w') {
            s->work = strtod(optarg, NULL);
        } else if (option == 'u') {
            s->unit = optarg;
        } else {
            return false;
        }
    }
    s->commands[0] = &argv[optind];
    for (int i = optind; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            s->commands[1] = &argv[i + 1];
            break;
        }
    }
    return s->rounds >= 1 && s->rounds <= MAX_ROUNDS && s->commands[1] &&
           s->commands[0][0] && s->commands[1][0];
}

int main(int argc, char **argv)
{
    static setup s;
    run warm;

    if (!parse(&s, argc, argv)) {
        return usage();
    }
    for (int i = -1; i < s.rounds; i++) {
        for (int which = 0; which < 2; which++) {
            if (!run_once(s.commands[which],
                          i < 0 ? &warm : &s.runs[which][i])) {
                return 1;
            }
        }
    }
    report(&s);
    return 0;
}
