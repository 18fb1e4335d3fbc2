/*
 * The lease: every step by a table, and two holders under random schedules
 * against a Redis of a few lines.
 */
#include "base/mem.h"
#include "capacity/lease.h"
#include "suite.h"

#define TTL INT64_C(30000)
#define RENEWAL 10000
#define MARGIN 5000
#define START 1000000

static se__lease lease;

static se__lease_event take(se__lease_answer answer, int64_t sent, int64_t now)
{
    return se__lease_take(&lease, answer, START + sent, START + now, 7);
}

static void start(void)
{
    se__lease_init(&lease, (int)TTL, RENEWAL, START);
}

START_TEST(asks_at_once)
{
    start();
    ck_assert_int_eq(lease.role, SE_ROLE_UNKNOWN);
    ck_assert_int_eq(se__lease_wake_ms(&lease), START);
    ck_assert(!se__lease_holds(&lease, START));
    ck_assert_int_eq(se__lease_until_ms(&lease), 0);
}
END_TEST

START_TEST(counts_from_the_request)
{
    start();
    ck_assert_int_eq(take(SE__LEASE_GRANTED, 100, 3000), SE__LEASE_ACQUIRED);
    ck_assert_int_eq(lease.role, SE_ROLE_LEADER);
    ck_assert_int_eq(se__lease_wake_ms(&lease), START + 100 + RENEWAL);
    ck_assert_int_eq(se__lease_until_ms(&lease), START + 100 + TTL - MARGIN);
    ck_assert_int_eq(take(SE__LEASE_GRANTED, 10100, 10200), SE__LEASE_RENEWED);
    ck_assert_int_eq(se__lease_until_ms(&lease), START + 10100 + TTL - MARGIN);
}
END_TEST

START_TEST(gives_itself_up)
{
    start();
    take(SE__LEASE_GRANTED, 0, 1);
    ck_assert_int_eq(se__lease_tick(&lease, START + TTL - MARGIN - 1),
                     SE__LEASE_SAME);
    ck_assert(se__lease_holds(&lease, START + TTL - MARGIN - 1));
    ck_assert(!se__lease_holds(&lease, START + TTL - MARGIN));
    ck_assert_int_eq(se__lease_tick(&lease, START + TTL - MARGIN),
                     SE__LEASE_GIVEN_UP);
    ck_assert_int_eq(lease.role, SE_ROLE_UNKNOWN);
    ck_assert_int_eq(se__lease_tick(&lease, START + TTL), SE__LEASE_SAME);
}
END_TEST

START_TEST(a_late_answer_is_none)
{
    start();
    ck_assert_int_eq(take(SE__LEASE_GRANTED, 0, TTL - MARGIN), SE__LEASE_SAME);
    ck_assert_int_eq(lease.role, SE_ROLE_UNKNOWN);
    ck_assert_int_eq(se__lease_wake_ms(&lease), START + TTL - MARGIN);
    /* also one to a holder, who was stopped meanwhile */
    take(SE__LEASE_GRANTED, 30000, 30001);
    ck_assert_int_eq(take(SE__LEASE_GRANTED, 40000, 70000), SE__LEASE_GIVEN_UP);
}
END_TEST

START_TEST(a_failure_costs_a_holder_nothing_yet)
{
    start();
    take(SE__LEASE_GRANTED, 0, 1);
    ck_assert_int_eq(take(SE__LEASE_FAILED, 10000, 12000), SE__LEASE_SAME);
    ck_assert_int_eq(lease.role, SE_ROLE_LEADER);
    /* soon again, and within what is left */
    ck_assert_int_ge(lease.next_ms, START + 12000);
    ck_assert_int_le(lease.next_ms, START + 12000 + 101);
    for (int i = 1; i < 40; i++) {
        take(SE__LEASE_FAILED, 12000 + i * 300, 12000 + i * 300);
        ck_assert_int_le(lease.next_ms,
                         START + 12001 + i * 300 + (int64_t)RENEWAL);
    }
    ck_assert_int_eq(lease.role, SE_ROLE_LEADER);
    ck_assert_int_eq(take(SE__LEASE_FAILED, 24000, 25000), SE__LEASE_GIVEN_UP);
    ck_assert_int_eq(take(SE__LEASE_GRANTED, 26000, 26001), SE__LEASE_ACQUIRED);
    ck_assert_uint_eq(lease.failures, 0);
}
END_TEST

START_TEST(a_failure_leaves_others_without_a_role)
{
    start();
    ck_assert_int_eq(take(SE__LEASE_DENIED, 0, 1), SE__LEASE_SAME);
    ck_assert_int_eq(lease.role, SE_ROLE_FOLLOWER);
    ck_assert_int_eq(lease.next_ms, START + RENEWAL);
    ck_assert_int_eq(take(SE__LEASE_FAILED, RENEWAL, RENEWAL + 9),
                     SE__LEASE_SAME);
    ck_assert_int_eq(lease.role, SE_ROLE_UNKNOWN);
    ck_assert_int_eq(take(SE__LEASE_DENIED, 10100, 10101), SE__LEASE_SAME);
    ck_assert_int_eq(lease.role, SE_ROLE_FOLLOWER);
}
END_TEST

START_TEST(lost_and_asked_for_again_at_once)
{
    start();
    take(SE__LEASE_GRANTED, 0, 1);
    ck_assert_int_eq(take(SE__LEASE_DENIED, 10000, 10001), SE__LEASE_LOST);
    ck_assert_int_eq(lease.role, SE_ROLE_FOLLOWER);
    ck_assert_int_eq(lease.next_ms, START + 10001);
    ck_assert_int_eq(take(SE__LEASE_DENIED, 10001, 10002), SE__LEASE_SAME);
    ck_assert_int_eq(lease.next_ms, START + 10001 + RENEWAL);
}
END_TEST

START_TEST(given_back)
{
    start();
    take(SE__LEASE_GRANTED, 0, 1);
    se__lease_drop(&lease);
    ck_assert(!se__lease_holds(&lease, START + 2));
}
END_TEST

static const struct {
    int ttl, margin;
} margins[] = {{300000, 50000}, {30000, 5000}, {6000, 1000},
               {3000, 1000},    {600, 200},    {3, 1}};

START_TEST(margin)
{
    se__lease_init(&lease, margins[_i].ttl, 1, START);
    ck_assert_int_eq(lease.margin_ms, margins[_i].margin);
}
END_TEST

/* ---- two of them ---- */

typedef struct world {
    int64_t now;
    int holder; /* of the key; -1: none */
    int64_t expires;
    uint64_t seed;
} world;

static uint64_t draw(world *w, uint64_t below)
{
    w->seed = w->seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (w->seed >> 33) % below;
}

/* SET NX PX and the script: what Redis answers at this moment. */
static se__lease_answer redis(world *w, int who, bool held)
{
    if (w->holder >= 0 && w->now >= w->expires) {
        w->holder = -1;
    }
    if (w->holder < 0 && !held) {
        w->holder = who;
    } else if (w->holder != who) {
        return SE__LEASE_DENIED;
    }
    w->expires = w->now + TTL;
    return SE__LEASE_GRANTED;
}

/* One request, with delays and losses on both ways, of a process that may be
 * stopped at any moment for longer than a lease lasts. */
static void request(world *w, se__lease *mine, int who)
{
    int64_t sent = w->now;
    bool held = se__lease_holds(mine, w->now);
    se__lease_answer answer;

    w->now += (int64_t)draw(w, 50);
    answer = draw(w, 10) == 0 ? SE__LEASE_FAILED : redis(w, who, held);
    w->now += (int64_t)(draw(w, 20) == 0 ? draw(w, (uint64_t)(2 * TTL))
                                         : draw(w, 50));
    if (draw(w, 10) == 0) {
        answer = SE__LEASE_FAILED; /* carried out, but nobody hears of it */
    }
    se__lease_take(mine, answer, sent, w->now, draw(w, UINT64_C(1) << 31));
}

static void check_world(const world *w, const se__lease *both)
{
    bool first = se__lease_holds(&both[0], w->now);
    bool second = se__lease_holds(&both[1], w->now);

    ck_assert_msg(!first || !second, "two holders at %lld", (long long)w->now);
    for (int i = 0; i < 2; i++) {
        /* Who believes to hold it does, in Redis, for the margin and more. */
        if (se__lease_holds(&both[i], w->now)) {
            ck_assert_int_eq(w->holder, i);
            ck_assert_int_ge(w->expires - w->now, MARGIN);
        }
    }
}

START_TEST(never_two_holders)
{
    world w = {.now = START, .holder = -1, .seed = (uint64_t)_i + 1};
    se__lease both[2];
    int held = 0;

    se__lease_init(&both[0], (int)TTL, RENEWAL, w.now);
    se__lease_init(&both[1], (int)TTL, RENEWAL, w.now);
    for (int step = 0; step < 2000; step++) {
        int who = se__lease_wake_ms(&both[1]) < se__lease_wake_ms(&both[0]);
        int64_t wake = se__lease_wake_ms(&both[who]);

        w.now = wake > w.now ? wake : w.now;
        w.now += (int64_t)(draw(&w, 50) == 0 ? draw(&w, (uint64_t)(2 * TTL))
                                             : draw(&w, 9));
        se__lease_tick(&both[0], w.now);
        se__lease_tick(&both[1], w.now);
        check_world(&w, both);
        if (w.now >= both[who].next_ms) {
            request(&w, &both[who], who);
        }
        check_world(&w, both);
        held += se__lease_holds(&both[0], w.now) ||
                se__lease_holds(&both[1], w.now);
    }
    /* Somebody polls most of the time, in spite of it all. */
    ck_assert_int_gt(held, 1000);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {asks_at_once, 1},
        {counts_from_the_request, 1},
        {gives_itself_up, 1},
        {a_late_answer_is_none, 1},
        {a_failure_costs_a_holder_nothing_yet, 1},
        {a_failure_leaves_others_without_a_role, 1},
        {lost_and_asked_for_again_at_once, 1},
        {given_back, 1},
        {margin, SE__COUNT(margins)},
        {never_two_holders, 50},
    };

    return run_suite("lease", rows, SE__COUNT(rows));
}
