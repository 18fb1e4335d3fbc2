/*
 * Asking an element for its room: what each kind of answer, and of silence,
 * makes of what is known of it.
 */
#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "capacity/probe.h"
#include "client.h"
#include "sandbox.h"
#include "wire/loop.h"

#define SIZE 1000000
#define TIMEOUT_MS 20000
#define WAIT_MS 60000

/* One question at a time, and what came of it. */
typedef struct fixture {
    char *dir;
    sandbox *sandbox;
    se__loop *loop;
    se__http *http;
    se__endpoint_table *table;
    se__endpoint *endpoint;
    se__probe probe;
    se__task start, cancel, last;
    int timeout_ms;
    se__mutex lock;
    se__cond changed;
    int done;
    bool answered;
    bool closed;
} fixture;

static fixture f;

static void probe_done(se__probe *probe, bool answered)
{
    (void)probe;
    se__mutex_lock(&f.lock);
    f.done++;
    f.answered = answered;
    se__cond_signal(&f.changed);
    se__mutex_unlock(&f.lock);
}

static void start_probe(se__task *task)
{
    int before = f.done;

    (void)task;
    memset(&f.probe, 0, sizeof(f.probe));
    f.probe.done = probe_done;
    se__probe_start(&f.probe, f.http, f.endpoint,
                    sandbox_url(f.sandbox, "se-01"), f.timeout_ms);
    ck_assert_int_eq(f.done, before);
}

static void cancel_probe(se__task *task)
{
    int before = f.done;

    (void)task;
    se__probe_cancel(&f.probe);
    ck_assert_int_eq(f.done, before + 1);
}

static void close_http(se__task *task)
{
    (void)task;
    se__http_close(f.http);
    se__mutex_lock(&f.lock);
    f.closed = true;
    se__cond_signal(&f.changed);
    se__mutex_unlock(&f.lock);
}

static void setup(void)
{
    static const sandbox_element elements[] = {{"se-01", "edit", 100, SIZE}};
    sandbox_options options = {.elements = elements, .n_elements = 1};
    const se__http_policy policy = {.connect_timeout_ms = 3000};

    memset(&f, 0, sizeof(f));
    f.dir = temp_dir_make();
    ck_assert_ptr_nonnull(f.dir);
    options.dir = f.dir;
    f.sandbox = sandbox_start(&options);
    ck_assert_ptr_nonnull(f.sandbox);
    ck_assert_int_eq(se__loop_open(&f.loop, "probe-test", NULL), SE_OK);
    ck_assert_int_eq(se__http_open(&f.http, f.loop, &policy, NULL), SE_OK);
    f.table = se__endpoint_table_new();
    f.endpoint = se__endpoint_get(f.table, "se-01");
    ck_assert_ptr_nonnull(f.endpoint);
    f.start.run = start_probe;
    f.cancel.run = cancel_probe;
    f.last.run = close_http;
    f.timeout_ms = TIMEOUT_MS;
    se__mutex_init(&f.lock);
    se__cond_init(&f.changed);
}

static void teardown(void)
{
    se__loop_post(f.loop, &f.last);
    se__loop_close(f.loop);
    ck_assert(f.closed);
    /* Nothing but the test holds it any more. */
    ck_assert_int_eq(atomic_load(&f.endpoint->refs), 1);
    ck_assert(!atomic_load(&f.endpoint->probing));
    se__endpoint_unref(f.endpoint);
    se__endpoint_table_unref(f.table);
    sandbox_stop(f.sandbox);
    se__cond_fini(&f.changed);
    se__mutex_fini(&f.lock);
    temp_dir_remove(f.dir);
}

static void wait_done(int count)
{
    int64_t deadline = se__deadline(se__now_ms(), WAIT_MS);

    se__mutex_lock(&f.lock);
    while (f.done < count) {
        ck_assert_msg(se__cond_wait(&f.changed, &f.lock, deadline),
                      "no answer in time");
    }
    se__mutex_unlock(&f.lock);
}

static bool question(void)
{
    int count = f.done + 1;

    se__loop_post(f.loop, &f.start);
    wait_done(count);
    return f.answered;
}

static void answer_with(int status, const char *body)
{
    const sandbox_fault fault = {.route = SANDBOX_CAPACITY,
                                 .action = SANDBOX_STATUS,
                                 .status = status,
                                 .body = body};

    sandbox_clear_faults(f.sandbox, "se-01");
    sandbox_add_fault(f.sandbox, "se-01", &fault);
}

static void assert_room(int64_t total, int64_t used, int64_t available)
{
    ck_assert_int_eq(atomic_load(&f.endpoint->total), total);
    ck_assert_int_eq(atomic_load(&f.endpoint->used), used);
    ck_assert_int_eq(atomic_load(&f.endpoint->available), available);
}

static void assert_health(se_health health)
{
    ck_assert_int_eq(atomic_load(&f.endpoint->health), health);
}

/* ---- answers ---- */

START_TEST(a_good_answer)
{
    int64_t before = se__now_ms();

    sandbox_set_used(f.sandbox, "se-01", 400000);
    ck_assert(question());
    assert_room(SIZE, 400000, 600000);
    assert_health(SE_HEALTH_HEALTHY);
    ck_assert_int_eq(atomic_load(&f.endpoint->origin), SE_ORIGIN_POLL);
    ck_assert_int_ge(atomic_load(&f.endpoint->measured_ms), before);
    ck_assert_int_le(atomic_load(&f.endpoint->measured_ms), se__now_ms());
    ck_assert_int_eq(atomic_load(&f.endpoint->asked_ms),
                     atomic_load(&f.endpoint->measured_ms));
    ck_assert_str_eq(f.probe.call.error, "");
    ck_assert_ptr_null(f.probe.endpoint);
    ck_assert_ptr_null(f.probe.url);
}
END_TEST

START_TEST(what_landed_before_the_question_is_in_the_answer)
{
    ck_assert(se__endpoint_reserve(f.endpoint, 1000, 0));
    se__endpoint_release(f.endpoint, 1000, true);
    ck_assert(question());
    ck_assert_int_eq(se__endpoint_room(f.endpoint), SIZE);
}
END_TEST

START_TEST(a_507_is_forgiven_when_there_is_room)
{
    se__endpoint_mark_full(f.endpoint, 5000, se__now_ms());
    sandbox_set_used(f.sandbox, "se-01", SIZE - 4999);
    ck_assert(question());
    ck_assert(se__endpoint_is_full(f.endpoint, 5000, se__now_ms()));
    sandbox_set_used(f.sandbox, "se-01", 0);
    ck_assert(question());
    ck_assert(!se__endpoint_is_full(f.endpoint, 5000, se__now_ms()));
}
END_TEST

typedef struct answer_row {
    int status;
    const char *body;
    se_health health;  /* of one that was healthy before */
    int64_t available; /* 600000: as before */
} answer_row;

#define CAPACITY(figures, more) "{\"capacity\":{" figures "}" more "}"
#define BEFORE 600000

static const answer_row answers[] = {
    {200,
     CAPACITY("\"total\":10,\"used\":3,\"available\":7",
              ",\"health\":\"degraded\""),
     SE_HEALTH_DEGRADED, 7},
    {200,
     CAPACITY("\"total\":10,\"used\":3,\"available\":7",
              ",\"health\":\"unhealthy\""),
     SE_HEALTH_UNHEALTHY, 7},
    {203, CAPACITY("\"total\":10,\"used\":3,\"available\":7", ""),
     SE_HEALTH_HEALTHY, 7},
    {200, CAPACITY("", ",\"health\":\"healthy\""), SE_HEALTH_HEALTHY, -1},
    /* lies and noise: as before */
    {200, CAPACITY("\"total\":10,\"used\":11,\"available\":7", ""),
     SE_HEALTH_HEALTHY, BEFORE},
    {200,
     CAPACITY("\"total\":10,\"used\":3,\"available\":11",
              ",\"health\":\"unhealthy\""),
     SE_HEALTH_HEALTHY, BEFORE},
    {200, CAPACITY("\"total\":-10", ""), SE_HEALTH_HEALTHY, BEFORE},
    {200, CAPACITY("\"total\":1e400", ""), SE_HEALTH_HEALTHY, BEFORE},
    {200, CAPACITY("\"total\":\"much\"", ""), SE_HEALTH_HEALTHY, BEFORE},
    {200, "no JSON", SE_HEALTH_HEALTHY, BEFORE},
    {200, "", SE_HEALTH_HEALTHY, BEFORE},
    /* an element without the route, or with a problem */
    {404, "{\"error\":{\"code\":\"NOT_FOUND\"}}", SE_HEALTH_HEALTHY, BEFORE},
    {401, NULL, SE_HEALTH_HEALTHY, BEFORE},
    {500, "Internal Server Error", SE_HEALTH_HEALTHY, BEFORE},
    {302, NULL, SE_HEALTH_HEALTHY, BEFORE},
    {500, CAPACITY("\"total\":10,\"used\":3,\"available\":7", ""),
     SE_HEALTH_HEALTHY, BEFORE},
};

START_TEST(answers_of_all_kinds)
{
    const answer_row *row = &answers[_i];

    sandbox_set_used(f.sandbox, "se-01", SIZE - BEFORE);
    ck_assert(question());
    answer_with(row->status, row->body);
    ck_assert(question());
    ck_assert_msg(atomic_load(&f.endpoint->available) == row->available,
                  "row %d", _i);
    ck_assert_msg(atomic_load(&f.endpoint->health) == (int)row->health,
                  "row %d", _i);
}
END_TEST

static int64_t capacity_requests(void)
{
    sandbox_counts counts;

    sandbox_counts_of(f.sandbox, "se-01", &counts);
    return counts.capacity_requests;
}

static const char *problem(void)
{
    static char text[256];

    se__endpoint_get_problem(f.endpoint, text, sizeof(text));
    return text;
}

/* It is asked the other way at once, and from then on. */
START_TEST(an_element_without_the_route)
{
    sandbox_set_used(f.sandbox, "se-01", 400000);
    answer_with(404, NULL);
    ck_assert(question());
    ck_assert(f.probe.understood);
    ck_assert(f.probe.asks_info);
    assert_room(SIZE, 400000, 600000);
    assert_health(SE_HEALTH_HEALTHY);
    ck_assert_str_eq(f.probe.reply.storage_id, "se-01");
    ck_assert_str_eq(problem(), "");
    ck_assert_int_eq(capacity_requests(), 1);
    ck_assert(question());
    ck_assert_int_eq(capacity_requests(), 1);
    se__endpoint_moved(f.endpoint);
    sandbox_clear_faults(f.sandbox, "se-01");
    ck_assert(question());
    ck_assert_int_eq(capacity_requests(), 2);
}
END_TEST

START_TEST(an_element_without_either)
{
    const sandbox_fault fault = {
        .route = SANDBOX_ANY, .action = SANDBOX_STATUS, .status = 404};

    sandbox_add_fault(f.sandbox, "se-01", &fault);
    ck_assert(question());
    ck_assert(!f.probe.understood);
    ck_assert(!atomic_load(&f.endpoint->info_only));
    assert_room(-1, -1, -1);
    ck_assert_str_eq(problem(), "answers 404 when asked for its capacity");
}
END_TEST

/* Both questions together take no longer than one. */
START_TEST(the_other_way_has_the_time_that_is_left)
{
    const sandbox_fault fault = {.route = SANDBOX_ANY, .action = SANDBOX_STALL};
    int64_t began = se__now_ms();

    answer_with(404, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    f.timeout_ms = 200;
    ck_assert(!question());
    ck_assert_int_lt(se__now_ms() - began, TIMEOUT_MS);
    ck_assert_str_ne(problem(), "");
}
END_TEST

START_TEST(a_lie_is_kept_as_a_problem)
{
    ck_assert(question());
    answer_with(200, CAPACITY("\"total\":10,\"used\":11", ""));
    ck_assert(question());
    ck_assert_str_eq(problem(),
                     "the capacity is less than what is used or available");
    sandbox_clear_faults(f.sandbox, "se-01");
    ck_assert(question());
    ck_assert_str_eq(problem(), "");
}
END_TEST

static int told;

static void listen(void *user, const se__probe *probe)
{
    ck_assert_ptr_eq(user, &told);
    ck_assert(probe->understood);
    ck_assert_str_eq(probe->endpoint->id, "se-01");
    told++;
}

START_TEST(a_figure_is_told_to_who_listens)
{
    told = 0;
    se__endpoint_table_listen(f.table, listen, &told);
    ck_assert(question());
    ck_assert_int_eq(told, 1);
    answer_with(200, "{}");
    ck_assert(question());
    ck_assert_int_eq(told, 1);
    sandbox_clear_faults(f.sandbox, "se-01");
    se__endpoint_table_listen(f.table, NULL, NULL);
    ck_assert(question());
    ck_assert_int_eq(told, 1);
}
END_TEST

/* ---- silence ---- */

START_TEST(down_after_three_refused_connections)
{
    ck_assert(question());
    sandbox_kill(f.sandbox, "se-01");
    for (int i = 0; i < 3; i++) {
        assert_health(SE_HEALTH_HEALTHY);
        ck_assert(!question());
        ck_assert_str_ne(f.probe.call.error, "");
    }
    assert_health(SE_HEALTH_UNHEALTHY);
    ck_assert(se__endpoint_is_down(f.endpoint, se__now_ms()));
    assert_room(SIZE, 0, SIZE);
    ck_assert(sandbox_revive(f.sandbox, "se-01"));
    ck_assert(question());
    assert_health(SE_HEALTH_UNHEALTHY);
    ck_assert(question());
    assert_health(SE_HEALTH_HEALTHY);
}
END_TEST

START_TEST(never_there)
{
    sandbox_kill(f.sandbox, "se-01");
    ck_assert(!question());
    ck_assert(se__endpoint_is_down(f.endpoint, se__now_ms()));
    assert_room(-1, -1, -1);
}
END_TEST

/* What has no capacity to tell comes back as well; errors prove nothing. */
START_TEST(any_answer_but_an_error_is_life)
{
    sandbox_kill(f.sandbox, "se-01");
    ck_assert(!question());
    ck_assert(sandbox_revive(f.sandbox, "se-01"));
    answer_with(503, NULL);
    ck_assert(question());
    ck_assert(question());
    assert_health(SE_HEALTH_UNHEALTHY);
    answer_with(401, NULL);
    ck_assert(question());
    assert_health(SE_HEALTH_UNHEALTHY);
    ck_assert(question());
    assert_health(SE_HEALTH_UNKNOWN);
    ck_assert(!se__endpoint_is_down(f.endpoint, se__now_ms()));
}
END_TEST

typedef struct silence_row {
    const char *name;
    sandbox_action action;
    bool answered;
    int timeout_ms;
} silence_row;

static const silence_row silences[] = {
    {"closes", SANDBOX_CLOSE, false, TIMEOUT_MS},
    {"resets", SANDBOX_RESET, false, TIMEOUT_MS},
    {"stalls", SANDBOX_STALL, false, 100},
    {"headers without end", SANDBOX_ENDLESS_HEADERS, true, TIMEOUT_MS},
    {"answers without end", SANDBOX_ENDLESS, true, TIMEOUT_MS},
};

START_TEST(silence_of_all_kinds)
{
    const silence_row *row = &silences[_i];
    const sandbox_fault fault = {.route = SANDBOX_CAPACITY,
                                 .action = row->action};
    int64_t began = se__now_ms();

    sandbox_add_fault(f.sandbox, "se-01", &fault);
    f.timeout_ms = row->timeout_ms;
    ck_assert_msg(question() == row->answered, "%s: %s", row->name,
                  f.probe.call.error);
    ck_assert_int_lt(se__now_ms() - began, TIMEOUT_MS);
    assert_room(-1, -1, -1);
    ck_assert_msg(se__endpoint_is_down(f.endpoint, se__now_ms()) !=
                      row->answered,
                  "%s", row->name);
}
END_TEST

/* Being cut short is nobody's fault. */
START_TEST(cancel)
{
    const sandbox_fault fault = {.route = SANDBOX_CAPACITY,
                                 .action = SANDBOX_STALL};

    sandbox_add_fault(f.sandbox, "se-01", &fault);
    se__loop_post(f.loop, &f.start);
    se__loop_post(f.loop, &f.cancel);
    wait_done(1);
    ck_assert(!f.answered);
    ck_assert_int_eq(f.probe.call.end, SE__HTTP_CANCELED);
    assert_health(SE_HEALTH_UNKNOWN);
    ck_assert_int_eq(atomic_load(&f.endpoint->misses), 0);
}
END_TEST

/* ---- names ---- */

START_TEST(names)
{
    static const char *const health[] = {"unknown", "healthy", "degraded",
                                         "unhealthy"};
    static const char *const origin[] = {"none", "list", "poll", "cache",
                                         "admin"};

    for (size_t i = 0; i < SE__COUNT(health); i++) {
        ck_assert_str_eq(se_health_name((se_health)i), health[i]);
    }
    for (size_t i = 0; i < SE__COUNT(origin); i++) {
        ck_assert_str_eq(se_origin_name((se_origin)i), origin[i]);
    }
    ck_assert_str_eq(se_health_name((se_health)4), "?");
    ck_assert_str_eq(se_health_name((se_health)-1), "?");
    ck_assert_str_eq(se_origin_name((se_origin)5), "?");
    ck_assert_str_eq(se_origin_name((se_origin)-1), "?");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("probe");
    TCase *tc = tcase_create("probe");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_good_answer);
    tcase_add_test(tc, what_landed_before_the_question_is_in_the_answer);
    tcase_add_test(tc, a_507_is_forgiven_when_there_is_room);
    tcase_add_test(tc, an_element_without_the_route);
    tcase_add_test(tc, an_element_without_either);
    tcase_add_test(tc, the_other_way_has_the_time_that_is_left);
    tcase_add_test(tc, a_lie_is_kept_as_a_problem);
    tcase_add_test(tc, a_figure_is_told_to_who_listens);
    tcase_add_loop_test(tc, answers_of_all_kinds, 0, (int)SE__COUNT(answers));
    tcase_add_test(tc, down_after_three_refused_connections);
    tcase_add_test(tc, never_there);
    tcase_add_test(tc, any_answer_but_an_error_is_life);
    tcase_add_loop_test(tc, silence_of_all_kinds, 0, (int)SE__COUNT(silences));
    tcase_add_test(tc, cancel);
    suite_add_tcase(suite, tc);
    tc = tcase_create("names");
    tcase_add_test(tc, names);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
