/*
 * Several processes on one Redis: one polls, whatever is done to it.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "monitor_kit.h"
#include "suite.h"

/* As monitor_peer has them. */
#define TTL_MS 1500
#define RENEWAL_MS 300
/* For a machine that does other things besides. */
#define SLACK_MS 1500

static const sandbox_element two[] = {
    {"se-01", "edit", 100, 1000000},
    {"se-02", "rw", 200, 1000000},
};

static rig r;

/* ---- processes ---- */

typedef struct peer {
    char id[32];
    pid_t pid; /* 0: none */
    FILE *in, *out;
} peer;

static void peer_say(peer *p, const char *word, char *answer, size_t size)
{
    fprintf(p->in, "%s\n", word);
    fflush(p->in);
    ck_assert_ptr_nonnull(fgets(answer, (int)size, p->out));
    answer[strcspn(answer, "\n")] = '\0';
}

static void peer_run(const peer *p, int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(MONITOR_PEER, MONITOR_PEER, redis_server_url(r.redis),
          r.fleet.document, p->id, (char *)NULL);
    _exit(97);
}

static void peer_start(peer *p, const char *id)
{
    int to[2], from[2];
    char line[64];

    snprintf(p->id, sizeof(p->id), "%s", id);
    ck_assert(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
    p->pid = fork();
    ck_assert_int_ge(p->pid, 0);
    if (p->pid == 0) {
        peer_run(p, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    p->in = fdopen(to[1], "w");
    p->out = fdopen(from[0], "r");
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), p->out));
    ck_assert_str_eq(line, "ready\n");
}

/* SIGKILL, or 0: it ends in good order. */
static void peer_end(peer *p, int signal)
{
    int status;

    if (p->pid == 0) {
        return;
    }
    if (signal) {
        kill(p->pid, signal);
    }
    fclose(p->in);
    fclose(p->out);
    ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
    if (!signal) {
        ck_assert_int_eq(status, 0);
    }
    p->pid = 0;
}

static bool peer_is(peer *p, const char *role)
{
    char line[64];

    peer_say(p, "role", line, sizeof(line));
    return strcmp(line, role) == 0;
}

static long peer_polls(peer *p)
{
    char line[64];

    peer_say(p, "polls", line, sizeof(line));
    return strtol(line, NULL, 10);
}

/* ---- fleets of three ---- */

static peer peers[3];

static void start_three(void)
{
    rig_start(&r, two, SE__COUNT(two));
    peer_start(&peers[0], "ingester-00000001");
    FLEET_WAIT_FOR(peer_is(&peers[0], "leader"));
    peer_start(&peers[1], "ingester-00000002");
    peer_start(&peers[2], "ingester-00000003");
    FLEET_WAIT_FOR(peer_is(&peers[1], "follower"));
    FLEET_WAIT_FOR(peer_is(&peers[2], "follower"));
}

static void stop_three(void)
{
    for (size_t i = 0; i < SE__COUNT(peers); i++) {
        peer_end(&peers[i], 0);
    }
    rig_stop(&r);
}

/* The one that leads; those before `from` are not asked. */
static peer *leader(size_t from)
{
    for (size_t i = from; i < SE__COUNT(peers); i++) {
        if (peers[i].pid && peer_is(&peers[i], "leader")) {
            return &peers[i];
        }
    }
    return NULL;
}

START_TEST(exactly_one_polls)
{
    int64_t polls;

    start_three();
    polls = rig_polls(&r, "se-01");
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") >= polls + 8);
    ck_assert_int_ge(peer_polls(&peers[0]), 16);
    ck_assert_int_eq(peer_polls(&peers[1]), 0);
    ck_assert_int_eq(peer_polls(&peers[2]), 0);
    ck_assert(RIG_SAYS(&r, "ingester-00000001", "GET", LOCK));
    stop_three();
}
END_TEST

/* How long the lease still lasts, by Redis. */
static int64_t lease_left_ms(void)
{
    char *text = REDIS_ASK(r.redis, "PTTL", LOCK);
    int64_t left = strtol(text, NULL, 10);

    free(text);
    ck_assert_int_gt(left, 0);
    return left;
}

START_TEST(a_killed_leader_is_followed)
{
    int64_t began, left, polls;

    start_three();
    polls = rig_polls(&r, "se-01");
    began = fleet_now_ms();
    left = lease_left_ms(); /* at least: it may renew once more */
    peer_end(&peers[0], SIGKILL);
    FLEET_WAIT_FOR(leader(1));
    ck_assert_int_le(fleet_now_ms() - began, TTL_MS + RENEWAL_MS + SLACK_MS);
    ck_assert_int_ge(fleet_now_ms() - began, left - 1);
    FLEET_WAIT_FOR(peer_polls(leader(1)) >= 4);
    ck_assert_int_ge(rig_polls(&r, "se-01"), polls);
    stop_three();
}
END_TEST

START_TEST(a_leader_that_stops_is_followed_sooner)
{
    int64_t began;

    start_three();
    began = fleet_now_ms();
    peer_end(&peers[0], 0);
    FLEET_WAIT_FOR(leader(1));
    ck_assert_int_le(fleet_now_ms() - began, RENEWAL_MS + SLACK_MS);
    stop_three();
}
END_TEST

/*
 * It is stopped in the middle of its work and goes on when another one leads:
 * what it had measured by then changes nothing.
 */
START_TEST(a_leader_that_slept_knows_it)
{
    peer *other;
    char *before;

    start_three();
    kill(peers[0].pid, SIGSTOP);
    FLEET_WAIT_FOR(leader(1));
    other = leader(1);
    FLEET_WAIT_FOR(peer_polls(other) >= 2);
    sandbox_kill(r.fleet.sandbox, "se-01");
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "unhealthy"));
    before = REDIS_ASK(r.redis, "HGETALL", "capacity:se-01");
    kill(peers[0].pid, SIGCONT);
    ck_assert(!peer_is(&peers[0], "leader"));
    FLEET_WAIT_FOR(peer_is(&peers[0], "follower"));
    for (int i = 0; i < 20; i++) {
        char *after = REDIS_ASK(r.redis, "HGETALL", "capacity:se-01");

        ck_assert_str_eq(after, before);
        free(after);
        ck_assert_ptr_eq(leader(0), other);
        fleet_pause();
    }
    free(before);
    stop_three();
}
END_TEST

/* Redis hangs for longer than a lease: nobody leads, and all go on. */
START_TEST(redis_that_sleeps)
{
    char line[64];

    start_three();
    redis_server_freeze(r.redis);
    for (size_t i = 0; i < SE__COUNT(peers); i++) {
        FLEET_WAIT_FOR(peer_is(&peers[i], "unknown"));
        peer_say(&peers[i], "gauge", line, sizeof(line));
        ck_assert_str_eq(line, "0");
    }
    /* each asks for itself meanwhile */
    FLEET_WAIT_FOR(peer_polls(&peers[1]) >= 2);
    FLEET_WAIT_FOR(peer_polls(&peers[2]) >= 2);
    redis_server_thaw(r.redis);
    FLEET_WAIT_FOR(leader(0));
    for (size_t i = 0; i < SE__COUNT(peers); i++) {
        FLEET_WAIT_FOR(!peer_is(&peers[i], "unknown"));
    }
    FLEET_WAIT_FOR(leader(0));
    for (size_t i = 0; i < SE__COUNT(peers); i++) {
        peer_say(&peers[i], "gauge", line, sizeof(line));
        ck_assert_str_eq(line, &peers[i] == leader(0) ? "1" : "0");
    }
    stop_three();
}
END_TEST

/* One of the original's kind, which extends with GET and EXPIRE. */
START_TEST(a_mixed_fleet)
{
    rig_start(&r, two, SE__COUNT(two));
    ck_assert(RIG_SAYS(&r, "OK", "SET", LOCK, "ingester-0a1b2c3d", "NX", "EX",
                       "600"));
    peer_start(&peers[0], "ingester-00000001");
    FLEET_WAIT_FOR(peer_is(&peers[0], "follower"));
    ck_assert(RIG_SAYS(&r, "ingester-0a1b2c3d", "GET", LOCK));
    ck_assert(RIG_SAYS(&r, "1", "EXPIRE", LOCK, "300"));
    ck_assert(peer_is(&peers[0], "follower"));
    /* it dies; we lead; it comes back and is refused */
    ck_assert(RIG_SAYS(&r, "1", "EXPIRE", LOCK, "1"));
    FLEET_WAIT_FOR(peer_is(&peers[0], "leader"));
    ck_assert(RIG_SAYS(&r, "(nil)", "SET", LOCK, "ingester-0a1b2c3d", "NX",
                       "EX", "30"));
    ck_assert(RIG_SAYS(&r, "ingester-00000001", "GET", LOCK));
    /* we leave, and it takes over at its next look */
    peer_end(&peers[0], 0);
    ck_assert(
        RIG_SAYS(&r, "OK", "SET", LOCK, "ingester-0a1b2c3d", "NX", "EX", "30"));
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {exactly_one_polls, 1},
        {a_killed_leader_is_followed, 1},
        {a_leader_that_stops_is_followed_sooner, 1},
        {a_leader_that_slept_knows_it, 1},
        {redis_that_sleeps, 1},
        {a_mixed_fleet, 1},
    };

    signal(SIGPIPE, SIG_IGN);
    return run_suite("monitor_fleet", rows, SE__COUNT(rows));
}
