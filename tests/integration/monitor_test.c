/*
 * A monitor as leader and as follower, in one process: what it writes, what it
 * believes, whom it asks.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "monitor_kit.h"
#include "suite.h"

static const sandbox_element three[] = {
    {"se-01", "edit", 100, 1000000},
    {"se-02", "edit", 200, 1000000},
    {"se-03", "rw", 300, 1000000},
};

static rig r;

static void start_leader(void)
{
    rig_start(&r, three, SE__COUNT(three));
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_LEADER);
}

/* Somebody else of the original kind holds the lease. */
static void start_follower(void)
{
    rig_start(&r, three, SE__COUNT(three));
    REDIS_ORDER(r.redis, "SET", LOCK, "ingester-0a1b2c3d", "NX", "EX", "600");
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_FOLLOWER);
}

static void fault(const char *id, int status, const char *body)
{
    const sandbox_fault strike = {.route = SANDBOX_CAPACITY,
                                  .action = SANDBOX_STATUS,
                                  .status = status,
                                  .body = body};

    sandbox_clear_faults(r.fleet.sandbox, id);
    sandbox_add_fault(r.fleet.sandbox, id, &strike);
}

/* ---- what the leader writes ---- */

/* wire-contract 1.4, byte for byte; {U} is its URL, {P} the last poll. */
#define LAB_DUMP                                                               \
    "storage_id\nse-a\nmode\nedit\ntotal\n1000000000\nused\n500000000\n"       \
    "available\n500000000\npercent_used\n50.0\nhealth\nhealthy\nbackend\n"     \
    "local\nlocation\ndc1\nlast_update\n2026-01-01T00:00:00Z\nlast_poll\n"

#define LAB_ANSWER                                                             \
    "{\"storage_id\":\"se-a\",\"mode\":\"edit\",\"capacity\":{\"total\":"      \
    "1000000000,\"used\":500000000,\"available\":500000000,\"percent_used\":"  \
    "50.0},\"health\":\"healthy\",\"last_update\":\"2026-01-01T00:00:00Z\","   \
    "\"backend\":\"local\",\"location\":\"dc1\"}"

static bool looks_like_a_moment(const char *text, size_t length)
{
    static const char shape[] = "0000-00-00T00:00:00.000000+00:00";

    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';

        if (shape[i] == '0' ? !digit : text[i] != shape[i]) {
            return false;
        }
    }
    return length == sizeof(shape) - 1;
}

/* On a machine that may be slow. */
static bool lives_for(const char *key, long seconds)
{
    char *got = REDIS_ASK(r.redis, "TTL", key);
    long left = strtol(got, NULL, 10);

    free(got);
    return left <= seconds && left > seconds - 20;
}

START_TEST(the_originals_hash_to_the_byte)
{
    static const sandbox_element one[] = {{"se-a", "edit", 7, 1000000000}};
    char *hash;
    char *at;
    char *end;

    rig_start(&r, one, 1);
    fault("se-a", 200, LAB_ANSWER);
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(RIG_SAYS(&r, "1", "EXISTS", "capacity:se-a"));
    hash = REDIS_ASK(r.redis, "HGETALL", "capacity:se-a");
    ck_assert_msg(strncmp(hash, LAB_DUMP, strlen(LAB_DUMP)) == 0, "%s", hash);
    at = hash + strlen(LAB_DUMP);
    end = strchr(at, '\n');
    /* once in a million there is no fraction */
    ck_assert_msg(looks_like_a_moment(at, (size_t)(end - at)), "%s", at);
    ck_assert_int_eq(strncmp(end, "\nendpoint\n", 10), 0);
    end[strlen(end) - 1] = '\0';
    ck_assert_str_eq(end + 10, sandbox_url(r.fleet.sandbox, "se-a"));
    free(hash);
    ck_assert(RIG_SAYS(&r, "healthy", "GET", "health:se-a"));
    ck_assert(RIG_SAYS(&r, "7", "ZSCORE", "capacity:edit:available", "se-a"));
    ck_assert(RIG_SAYS(&r, "(nil)", "ZSCORE", "capacity:rw:available", "se-a"));
    ck_assert(lives_for("capacity:se-a", 600));
    ck_assert(!RIG_SAYS(&r, "-1", "TTL", "health:se-a"));
    ck_assert(!RIG_SAYS(&r, "-1", "TTL", "capacity:edit:available"));
    /* nothing else: the lease, the two, and the set */
    ck_assert(RIG_SAYS(&r, "4", "DBSIZE"));
    rig_stop(&r);
}
END_TEST

START_TEST(a_change_of_mode_leaves_no_trace)
{
    start_leader();
    FLEET_WAIT_FOR(
        RIG_SAYS(&r, "100", "ZSCORE", "capacity:edit:available", "se-01"));
    sandbox_set_mode(r.fleet.sandbox, "se-01", "rw");
    FLEET_WAIT_FOR(
        RIG_SAYS(&r, "100", "ZSCORE", "capacity:rw:available", "se-01"));
    ck_assert(
        RIG_SAYS(&r, "(nil)", "ZSCORE", "capacity:edit:available", "se-01"));
    ck_assert(rig_field_is(&r, "se-01", "mode", "rw"));
    rig_stop(&r);
}
END_TEST

START_TEST(down_is_written_where_readers_read)
{
    char *word;

    start_leader();
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    sandbox_kill(r.fleet.sandbox, "se-01");
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "unhealthy"));
    ck_assert(rig_is_down(&r, "se-01"));
    ck_assert_int_ge(atomic_load(&rig_endpoint(&r, "se-01")->misses), 3);
    ck_assert(rig_field_is(&r, "se-01", "total", "1000000"));
    ck_assert(
        RIG_SAYS(&r, "(nil)", "ZSCORE", "capacity:edit:available", "se-01"));
    word = REDIS_ASK(r.redis, "GET", "health:se-01");
    ck_assert_msg(strncmp(word, "unhealthy: ", 11) == 0 && word[11], "%s",
                  word);
    free(word);
    ck_assert_str_ne(rig_capacity(&r, "se-01")->error, "");
    ck_assert(sandbox_revive(r.fleet.sandbox, "se-01"));
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    ck_assert(!rig_is_down(&r, "se-01"));
    ck_assert(
        RIG_SAYS(&r, "100", "ZSCORE", "capacity:edit:available", "se-01"));
    ck_assert(RIG_SAYS(&r, "healthy", "GET", "health:se-01"));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->error[0] == '\0');
    rig_stop(&r);
}
END_TEST

/* The original's readers drop it, and ours know that nothing is known. */
START_TEST(one_that_never_answered)
{
    rig_start(&r, three, SE__COUNT(three));
    sandbox_kill(r.fleet.sandbox, "se-01");
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "unhealthy"));
    ck_assert(rig_field_is(&r, "se-01", "total", "0"));
    ck_assert(rig_field_is(&r, "se-01", "mode", "edit"));
    ck_assert(rig_field_is(&r, "se-01", "percent_used", "0.0"));
    rig_stop(&r);
}
END_TEST

START_TEST(errors_are_failures)
{
    start_leader();
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    fault("se-01", 500, "Internal Server Error");
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "unhealthy"));
    ck_assert_str_eq(rig_capacity(&r, "se-01")->error,
                     "answers 500 when asked for its capacity");
    ck_assert(rig_metric(&r, "capacity_poll_failures_total{error_type=\"http_"
                             "error\",storage_id=\"se-01\"} ") >= 3);
    ck_assert(rig_metric(&r, "capacity_poll_duration_seconds_count{status="
                             "\"success\",storage_id=\"se-02\"} ") >= 1);
    rig_stop(&r);
}
END_TEST

#define FIGURES(text)                                                          \
    "{\"mode\":\"edit\",\"health\":\"healthy\",\"capacity\":{" text "}}"

static const char *const lies[] = {
    FIGURES("\"total\":-1,\"used\":0,\"available\":0"),
    FIGURES("\"total\":9007199254740993,\"used\":0,\"available\":0"),
    FIGURES("\"total\":1180591620717411303424,\"used\":0,\"available\":0"),
    FIGURES("\"total\":10,\"used\":11,\"available\":0"),
    FIGURES("\"total\":NaN,\"used\":0,\"available\":0"),
    FIGURES("\"total\":\"much\",\"used\":0,\"available\":0"),
};

/* Its entry is rejected, the figure of before stays, the reason is seen. */
START_TEST(an_element_that_lies)
{
    int64_t polls;

    start_leader();
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "1000000"));
    fault("se-01", 200, lies[_i]);
    polls = rig_polls(&r, "se-01");
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") >= polls + 2);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->error[0] != '\0');
    ck_assert_int_eq(rig_capacity(&r, "se-01")->available_bytes, 1000000);
    ck_assert(rig_field_is(&r, "se-01", "available", "1000000"));
    ck_assert(rig_field_is(&r, "se-01", "total", "1000000"));
    rig_stop(&r);
}
END_TEST

static const char *const nonsense[] = {
    "no JSON",
    "{\"mode\":\"edit\",\"health\":\"splendid\",\"capacity\":{\"total\":10,"
    "\"used\":1,\"available\":9}}",
};

/* Counted as the original counts it, which is not by the status. */
START_TEST(an_answer_without_sense)
{
    start_leader();
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    fault("se-01", 200, nonsense[_i]);
    FLEET_WAIT_FOR(
        rig_metric(&r, "capacity_poll_failures_total{error_type="
                       "\"connection_error\",storage_id=\"se-01\"} ") >= 1);
    ck_assert(rig_metric(&r, "capacity_poll_failures_total{error_type=\"http_"
                             "error\",storage_id=\"se-01\"} ") <= 0);
    rig_stop(&r);
}
END_TEST

START_TEST(an_element_without_the_route)
{
    rig_start(&r, three, SE__COUNT(three));
    fault("se-01", 404, NULL);
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "1000000"));
    ck_assert(rig_field_is(&r, "se-01", "health", "healthy"));
    ck_assert(rig_field_is(&r, "se-01", "location", "unknown"));
    rig_stop(&r);
}
END_TEST

START_TEST(the_id_of_the_list_counts)
{
    rig_start(&r, three, SE__COUNT(three));
    fault("se-01", 200,
          "{\"storage_id\":\"se-02\",\"mode\":\"edit\",\"health\":\"healthy\","
          "\"capacity\":{\"total\":10,\"used\":3,\"available\":7}}");
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "7"));
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") >= 3);
    ck_assert(rig_field_is(&r, "se-01", "storage_id", "se-02"));
    ck_assert(rig_field_is(&r, "se-01", "percent_used", "30.0"));
    ck_assert_int_eq(rig_capacity(&r, "se-02")->available_bytes, 1000000);
    ck_assert_int_eq(logbook_count(&r.book, "calls itself otherwise"), 1);
    rig_stop(&r);
}
END_TEST

static void put_foreign(const char *id)
{
    char key[64];

    snprintf(key, sizeof(key), "capacity:%s", id);
    REDIS_ORDER(r.redis, "HSET", key, "total", "1");
}

START_TEST(what_is_removed_is_cleaned_up)
{
    start_leader();
    FLEET_WAIT_FOR(rig_field_is(&r, "se-02", "health", "healthy"));
    FLEET_WAIT_FOR(rig_field_is(&r, "se-03", "health", "healthy"));
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    put_foreign("se-99");
    REDIS_ORDER(r.redis, "SET", "rate_limit:x", "1");
    rig_list(&r, "se-02");
    FLEET_WAIT_FOR(RIG_SAYS(&r, "0", "EXISTS", "capacity:se-02"));
    ck_assert(RIG_SAYS(&r, "0", "EXISTS", "health:se-02"));
    ck_assert(
        RIG_SAYS(&r, "(nil)", "ZSCORE", "capacity:edit:available", "se-02"));
    /* exactly that */
    ck_assert(RIG_SAYS(&r, "6", "EXISTS", "capacity:se-01", "health:se-01",
                       "capacity:se-03", "health:se-03", "capacity:se-99",
                       "rate_limit:x"));
    ck_assert(
        RIG_SAYS(&r, "100", "ZSCORE", "capacity:edit:available", "se-01"));
    ck_assert(rig_metric(&r, "storage_id=\"se-02\"") < 0);
    /* and it comes back at once when the list names it again */
    rig_list(&r, NULL);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-02", "health", "healthy"));
    rig_stop(&r);
}
END_TEST

/* se-01 has the address of se-02 now. */
static void move_the_first(void)
{
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;
    se_topology_builder *builder = NULL;
    se_topology *list = NULL;

    spec.id = "se-01";
    spec.url = sandbox_url(r.fleet.sandbox, "se-02");
    spec.mode = SE_MODE_EDIT;
    ck_assert_int_eq(se_topology_builder_new(&builder, NULL), SE_OK);
    ck_assert_int_eq(se_topology_builder_add(builder, &spec, NULL), SE_OK);
    ck_assert_int_eq(se_topology_builder_build(builder, &list, NULL), SE_OK);
    ck_assert_int_eq(se_registry_reload_endpoints(r.registry, list, NULL, NULL),
                     SE_OK);
    se_topology_builder_free(builder);
    se_topology_unref(list);
}

/* The old address has been asked and is slow: that is no answer of the new. */
START_TEST(a_new_address_is_asked_at_once)
{
    const sandbox_fault late = {.route = SANDBOX_CAPACITY,
                                .action = SANDBOX_NO_FAULT,
                                .delay_ms = 1000};
    se_monitor_options options = monitor_fast();

    options.poll_base_ms = 600000;
    options.poll_max_ms = 600000;
    options.poll_timeout_ms = 10000;
    rig_start(&r, three, SE__COUNT(three));
    sandbox_set_used(r.fleet.sandbox, "se-02", 400000);
    sandbox_add_fault(r.fleet.sandbox, "se-01", &late);
    rig_monitor(&r, &options);
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") == 1);
    move_the_first();
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "600000"));
    ck_assert(rig_field_is(&r, "se-01", "endpoint",
                           sandbox_url(r.fleet.sandbox, "se-02")));
    rig_stop(&r);
}
END_TEST

/* ---- followers ---- */

static void put_hash(const char *id, const char *used, const char *available,
                     const char *health, const char *last_poll)
{
    char key[64];

    snprintf(key, sizeof(key), "capacity:%s", id);
    REDIS_ORDER(r.redis, "HSET", key, "storage_id", id, "mode", "edit", "total",
                "1000", "used", used, "available", available, "percent_used",
                "50.0", "health", health, "backend", "local", "location", "dc1",
                "last_update", "", "last_poll", last_poll, "endpoint",
                "http://x");
}

static const char *moment_ago(int seconds)
{
    static char text[SE__RFC3339_OFFSET_SIZE];

    se__format_rfc3339_offset(text, sizeof(text),
                              se__wall_us() - (int64_t)seconds * 1000000);
    return text;
}

START_TEST(a_follower_reads_and_asks_nobody)
{
    const se_capacity *capacity;

    start_follower();
    put_hash("se-01", "400", "600", "healthy", moment_ago(20));
    put_hash("se-02", "990", "10", "degraded", moment_ago(3));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->available_bytes == 600);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->available_bytes == 10);
    capacity = rig_capacity(&r, "se-01");
    ck_assert_int_eq(capacity->origin, SE_ORIGIN_CACHE);
    ck_assert_int_eq(capacity->health, SE_HEALTH_HEALTHY);
    ck_assert_int_ge(capacity->age_ms, 19000);
    ck_assert_int_le(capacity->age_ms, 40000);
    ck_assert_int_eq(rig_health(&r, "se-02"), SE_HEALTH_DEGRADED);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rig_polls(&r, three[i].id), 0);
    }
    ck_assert(rig_metric(&r, "capacity_cache_hits_total{result=\"hit\"} ") > 0);
    ck_assert(rig_metric(&r, "capacity_cache_hits_total{result=\"miss\"} ") >
              0);
    rig_stop(&r);
}
END_TEST

/* The original says it in the word only; ours in both. */
START_TEST(a_follower_learns_of_health)
{
    start_follower();
    put_hash("se-01", "400", "600", "healthy", moment_ago(1));
    FLEET_WAIT_FOR(rig_health(&r, "se-01") == SE_HEALTH_HEALTHY);
    REDIS_ORDER(r.redis, "SET", "health:se-01",
                "unhealthy: Client error '404 Not Found'\nFor more ...");
    FLEET_WAIT_FOR(rig_is_down(&r, "se-01"));
    FLEET_WAIT_FOR(strcmp(rig_capacity(&r, "se-01")->error,
                          "unhealthy: Client error '404 Not Found'?For more "
                          "...") == 0);
    REDIS_ORDER(r.redis, "SET", "health:se-01", "healthy");
    FLEET_WAIT_FOR(!rig_is_down(&r, "se-01"));
    REDIS_ORDER(r.redis, "HSET", "capacity:se-01", "health", "unhealthy");
    FLEET_WAIT_FOR(rig_is_down(&r, "se-01"));
    rig_stop(&r);
}
END_TEST

/* It has been down for longer than a hash lives, or never answered. */
START_TEST(a_follower_learns_of_health_without_a_hash)
{
    start_follower();
    REDIS_ORDER(r.redis, "SET", "health:se-01", "unhealthy: no route to host");
    FLEET_WAIT_FOR(rig_is_down(&r, "se-01"));
    ck_assert_str_eq(rig_capacity(&r, "se-01")->error,
                     "unhealthy: no route to host");
    /* and with one that is not believed */
    REDIS_ORDER(r.redis, "HSET", "capacity:se-02", "total", "much");
    REDIS_ORDER(r.redis, "SET", "health:se-02", "unhealthy: no route to host");
    FLEET_WAIT_FOR(rig_is_down(&r, "se-02"));
    ck_assert_str_eq(rig_capacity(&r, "se-02")->error,
                     "cached capacity: total is \"much\"");
    rig_stop(&r);
}
END_TEST

static void miss(const char *id)
{
    se__endpoint *endpoint = rig_endpoint(&r, id);
    int before = atomic_load(&endpoint->misses);

    ck_assert_int_eq(se_monitor_poll(r.monitor, id, NULL), SE_OK);
    FLEET_WAIT_FOR(atomic_load(&endpoint->misses) > before);
}

/* What it found out itself is not undone by what somebody knew before. */
START_TEST(a_follower_knows_better)
{
    start_follower();
    put_hash("se-01", "400", "600", "healthy", moment_ago(2));
    FLEET_WAIT_FOR(rig_health(&r, "se-01") == SE_HEALTH_HEALTHY);
    sandbox_kill(r.fleet.sandbox, "se-01");
    for (int i = 0; i < 3; i++) {
        miss("se-01");
    }
    ck_assert(rig_is_down(&r, "se-01"));
    put_hash("se-02", "400", "601", "healthy", moment_ago(2));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->available_bytes == 601);
    put_hash("se-02", "400", "602", "healthy", moment_ago(1));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->available_bytes == 602);
    ck_assert(rig_is_down(&r, "se-01"));
    /* a leader that asked later */
    put_hash("se-01", "400", "600", "healthy", moment_ago(-1));
    FLEET_WAIT_FOR(!rig_is_down(&r, "se-01"));
    rig_stop(&r);
}
END_TEST

static const struct {
    const char *command[4]; /* what poisons capacity:se-01 */
    const char *says;
} poisons[] = {
    {{"HSET", "capacity:se-01", "total", "much"}, "total is \"much\""},
    {{"HSET", "capacity:se-01", "used", "1180591620717411303424"}, "used is"},
    {{"HSET", "capacity:se-01", "available", "-5"}, "available is \"-5\""},
    {{"HSET", "capacity:se-01", "available", "1.5"}, "available is"},
    {{"HSET", "capacity:se-01", "used", "2000"}, "less than what is used"},
    {{"HSET", "capacity:se-01", "health", "splendid"}, "health is"},
    {{"HSET", "capacity:se-01", "last_poll", "now"}, "last_poll is"},
    {{"HDEL", "capacity:se-01", "total", NULL}, "no total"},
    {{"HDEL", "capacity:se-01", "health", NULL}, "no health"},
    {{"HDEL", "capacity:se-01", "last_poll", NULL}, "no last_poll"},
    {{"SET", "capacity:se-01", "text", NULL}, "WRONGTYPE"},
};

START_TEST(a_poisoned_hash_costs_one_element)
{
    const char *const *words = poisons[_i].command;
    const char *const command[] = {words[0], words[1], words[2], words[3],
                                   NULL};

    start_follower();
    put_hash("se-01", "400", "600", "healthy", moment_ago(9));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->available_bytes == 600);
    redis_server_order(r.redis, command);
    put_hash("se-02", "1", "999", "healthy", moment_ago(1));
    FLEET_WAIT_FOR(strstr(rig_capacity(&r, "se-01")->error, poisons[_i].says));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->available_bytes == 999);
    /* the figure of before, and no wrong one */
    ck_assert_int_eq(rig_capacity(&r, "se-01")->available_bytes, 600);
    ck_assert_str_eq(rig_capacity(&r, "se-02")->error, "");
    ck_assert_int_eq(logbook_count(&r.book, "is not believed"), 1);
    ck_assert_int_eq(se_monitor_role(r.monitor), SE_ROLE_FOLLOWER);
    REDIS_ORDER(r.redis, "DEL", "capacity:se-01");
    put_hash("se-01", "300", "700", "healthy", moment_ago(0));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->available_bytes == 700);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->error[0] == '\0');
    rig_stop(&r);
}
END_TEST

START_TEST(a_follower_leaves_what_is_removed_to_the_leader)
{
    start_follower();
    put_hash("se-02", "1", "999", "healthy", moment_ago(1));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->available_bytes == 999);
    rig_list(&r, "se-02");
    ck_assert_int_eq(se_monitor_poll(r.monitor, "se-01", NULL), SE_OK);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    ck_assert(RIG_SAYS(&r, "1", "EXISTS", "capacity:se-02"));
    rig_stop(&r);
}
END_TEST

START_TEST(a_follower_asks_one_on_request)
{
    start_follower();
    put_hash("se-01", "400", "600", "healthy", moment_ago(30));
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->available_bytes == 600);
    ck_assert_int_eq(se_monitor_poll(r.monitor, "se-01", NULL), SE_OK);
    /* and what it hears is everybody's */
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "1000000"));
    ck_assert_int_eq(rig_polls(&r, "se-01"), 1);
    ck_assert_int_eq(rig_polls(&r, "se-02"), 0);
    ck_assert(RIG_SAYS(&r, "ingester-0a1b2c3d", "GET", LOCK));
    rig_stop(&r);
}
END_TEST

/* What is answered to the first question is older than the second wish. */
START_TEST(one_that_is_asked_is_asked_again)
{
    const sandbox_fault late = {.route = SANDBOX_CAPACITY,
                                .action = SANDBOX_NO_FAULT,
                                .delay_ms = 300,
                                .times = 1};

    start_follower();
    sandbox_add_fault(r.fleet.sandbox, "se-01", &late);
    ck_assert_int_eq(se_monitor_poll(r.monitor, "se-01", NULL), SE_OK);
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") == 1);
    ck_assert_int_eq(se_monitor_poll(r.monitor, "se-01", NULL), SE_OK);
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") == 2);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    rig_stop(&r);
}
END_TEST

START_TEST(what_cannot_be_asked)
{
    se_error err = SE_ERROR_INIT;
    se_monitor *monitor = NULL;

    start_follower();
    ck_assert_int_eq(se_monitor_poll(r.monitor, "se-77", &err), SE_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "se-77"));
    se_monitor_stop(r.monitor);
    ck_assert_int_eq(se_monitor_role(r.monitor), SE_ROLE_UNKNOWN);
    ck_assert_int_eq(se_monitor_poll(r.monitor, "se-01", NULL), SE_E_CLOSED);
    ck_assert_int_eq(se_monitor_open(NULL, NULL, &monitor, NULL), SE_E_INVALID);
    rig_stop(&r);
}
END_TEST

/* ---- beginning and end ---- */

static bool leads_by_metric(double expected)
{
    char series[128];

    snprintf(series, sizeof(series),
             "capacity_monitor_leader_state{instance_id=\"%s\"} ",
             se_monitor_instance_id(r.monitor));
    return rig_metric(&r, series) == expected;
}

START_TEST(the_lease_is_given_back)
{
    start_leader();
    ck_assert(RIG_SAYS(&r, se_monitor_instance_id(r.monitor), "GET", LOCK));
    ck_assert_int_eq(strncmp(se_monitor_instance_id(r.monitor), "ingester-", 9),
                     0);
    ck_assert_uint_eq(strlen(se_monitor_instance_id(r.monitor)), 17);
    ck_assert(leads_by_metric(1));
    se_monitor_stop(r.monitor);
    ck_assert(RIG_SAYS(&r, "(nil)", "GET", LOCK));
    ck_assert(leads_by_metric(0));
    ck_assert_int_eq(logbook_count(&r.book, "Leadership acquired"), 1);
    ck_assert_int_eq(logbook_count(&r.book, "Leadership released"), 1);
    /* and taken again */
    ck_assert_int_eq(se_monitor_start(r.monitor, NULL), SE_OK);
    ck_assert_int_eq(se_monitor_start(r.monitor, NULL), SE_OK);
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_LEADER);
    rig_stop(&r);
}
END_TEST

/* Mixed fleets: nobody's lease but our own is extended or deleted. */
START_TEST(a_foreign_lease_is_left_alone)
{
    start_leader();
    REDIS_ORDER(r.redis, "SET", LOCK, "ingester-0a1b2c3d", "EX", "30");
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_FOLLOWER);
    ck_assert_int_eq(logbook_count(&r.book, "lost to another instance"), 1);
    se_monitor_stop(r.monitor);
    ck_assert(RIG_SAYS(&r, "ingester-0a1b2c3d", "GET", LOCK));
    ck_assert(lives_for(LOCK, 30));
    rig_stop(&r);
}
END_TEST

/* As the original's GET and EXPIRE would find it. */
START_TEST(our_lease_as_the_original_sees_it)
{
    start_leader();
    ck_assert(RIG_SAYS(&r, "(nil)", "SET", LOCK, "ingester-ffffffff", "NX",
                       "EX", "30"));
    ck_assert(RIG_SAYS(&r, "string", "TYPE", LOCK));
    /* it ends by itself */
    ck_assert(!RIG_SAYS(&r, "-1", "PTTL", LOCK));
    ck_assert(!RIG_SAYS(&r, "-2", "PTTL", LOCK));
    rig_stop(&r);
}
END_TEST

static bool has_renewed(double times)
{
    char series[160];

    snprintf(series, sizeof(series),
             "capacity_monitor_leader_transitions_total{instance_id=\"%s\","
             "transition_type=\"renewed\"} ",
             se_monitor_instance_id(r.monitor));
    return rig_metric(&r, series) >= times;
}

/*
 * A renewal that takes long, and then Redis is gone: it goes from leading to
 * asking for itself without a gap, after which all would be due at once.
 */
START_TEST(a_leader_without_redis_goes_on)
{
    se_monitor_options options = monitor_fast();
    int64_t until;

    options.lease_renewal_ms = 500;
    options.poll_base_ms = 600000;
    options.poll_max_ms = 600000;
    rig_start(&r, three, SE__COUNT(three));
    rig_monitor(&r, &options);
    FLEET_WAIT_FOR(has_renewed(1));
    redis_server_freeze(r.redis);
    until = fleet_now_ms() + 650;
    FLEET_WAIT_FOR(fleet_now_ms() >= until);
    redis_server_thaw(r.redis);
    FLEET_WAIT_FOR(has_renewed(2));
    redis_server_kill(r.redis);
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_UNKNOWN);
    until = fleet_now_ms() + 500;
    FLEET_WAIT_FOR(fleet_now_ms() >= until);
    ck_assert_int_eq(rig_polls(&r, "se-01"), 1);
    ck_assert_int_eq(rig_polls(&r, "se-03"), 1);
    rig_stop(&r);
}
END_TEST

START_TEST(without_redis_everybody_asks)
{
    rig_start_alone(&r, three, SE__COUNT(three));
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(rig_polls(&r, "se-03") >= 2);
    ck_assert_int_eq(se_monitor_role(r.monitor), SE_ROLE_UNKNOWN);
    ck_assert_int_eq(rig_capacity(&r, "se-01")->origin, SE_ORIGIN_POLL);
    ck_assert(rig_metric(&r, "storage_elements_available{mode=\"edit\"} ") ==
              2);
    ck_assert(rig_metric(&r, "storage_elements_available{mode=\"rw\"} ") == 1);
    rig_stop(&r);
}
END_TEST

START_TEST(redis_that_was_never_there)
{
    se_monitor_options options = monitor_fast();
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    char url[64];

    rig_start_alone(&r, three, SE__COUNT(three));
    snprintf(url, sizeof(url), "redis://127.0.0.1:%d",
             redis_server_free_port());
    redis.url = url;
    options.redis = &redis;
    rig_monitor(&r, &options);
    FLEET_WAIT_FOR(rig_polls(&r, "se-03") >= 2);
    ck_assert_int_eq(se_monitor_role(r.monitor), SE_ROLE_UNKNOWN);
    ck_assert_int_eq(logbook_count(&r.book, "Redis does not answer"), 1);
    rig_stop(&r);
}
END_TEST

static void ignore(void *user, const se_capacity *capacity)
{
    (void)user;
    (void)capacity;
}

START_TEST(a_list_that_comes_later)
{
    rig_start(&r, three, SE__COUNT(three));
    se_registry_close(r.registry);
    ck_assert_int_eq(se_registry_open(&r.registry, NULL, NULL), SE_OK);
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_LEADER);
    ck_assert_int_eq(se_monitor_each(r.monitor, ignore, NULL, NULL),
                     SE_E_DISCOVERY);
    rig_list(&r, NULL);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-03", "health", "healthy"));
    rig_stop(&r);
}
END_TEST

/* Left by a leader that never learnt that it went. */
START_TEST(a_new_leader_sweeps)
{
    rig_start(&r, three, SE__COUNT(three));
    REDIS_ORDER(r.redis, "ZADD", "capacity:edit:available", "1", "gone", "100",
                "se-01");
    REDIS_ORDER(r.redis, "ZADD", "capacity:rw:available", "1", "gone");
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(
        RIG_SAYS(&r, "(nil)", "ZSCORE", "capacity:edit:available", "gone"));
    FLEET_WAIT_FOR(
        RIG_SAYS(&r, "(nil)", "ZSCORE", "capacity:rw:available", "gone"));
    ck_assert(
        RIG_SAYS(&r, "100", "ZSCORE", "capacity:edit:available", "se-01"));
    rig_stop(&r);
}
END_TEST

/* Each would take what the elements say to the other. */
START_TEST(one_monitor_per_registry)
{
    se_monitor_options options = monitor_fast();
    se_monitor *second = NULL;

    rig_start_alone(&r, three, SE__COUNT(three));
    rig_monitor(&r, NULL);
    ck_assert_int_eq(se_monitor_open(r.registry, &options, &second, NULL),
                     SE_OK);
    ck_assert_int_eq(se_monitor_start(second, NULL), SE_E_BUSY);
    ck_assert_int_eq(se_monitor_start(r.monitor, NULL), SE_OK);
    se_monitor_stop(r.monitor);
    ck_assert_int_eq(se_monitor_start(second, NULL), SE_OK);
    ck_assert_int_eq(se_monitor_start(r.monitor, NULL), SE_E_BUSY);
    se_monitor_close(second);
    ck_assert_int_eq(se_monitor_start(r.monitor, NULL), SE_OK);
    rig_stop(&r);
}
END_TEST

START_TEST(contradictions_are_refused)
{
    se_monitor_options options = SE_MONITOR_OPTIONS_INIT;
    se_monitor *monitor = NULL;
    se_error err = SE_ERROR_INIT;

    rig_start_alone(&r, three, 1);
    options.lease_ttl_ms = 3000;
    options.lease_renewal_ms = 2000;
    ck_assert_int_eq(se_monitor_open(r.registry, &options, &monitor, &err),
                     SE_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "3000"));
    options.lease_renewal_ms = 1000;
    options.poll_base_ms = 5000;
    options.poll_min_ms = 6000;
    ck_assert_int_eq(se_monitor_open(r.registry, &options, &monitor, NULL),
                     SE_E_INVALID);
    options.poll_min_ms = 0;
    options.poll_max_ms = 4000;
    ck_assert_int_eq(se_monitor_open(r.registry, &options, &monitor, NULL),
                     SE_E_INVALID);
    ck_assert_ptr_null(monitor);
    rig_stop(&r);
}
END_TEST

START_TEST(names_of_roles)
{
    ck_assert_str_eq(se_role_name(SE_ROLE_UNKNOWN), "unknown");
    ck_assert_str_eq(se_role_name(SE_ROLE_LEADER), "leader");
    ck_assert_str_eq(se_role_name(SE_ROLE_FOLLOWER), "follower");
    ck_assert_str_eq(se_role_name((se_role)3), "?");
    ck_assert_str_eq(se_role_name((se_role)-1), "?");
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_originals_hash_to_the_byte, 1},
        {a_change_of_mode_leaves_no_trace, 1},
        {down_is_written_where_readers_read, 1},
        {one_that_never_answered, 1},
        {errors_are_failures, 1},
        {an_element_that_lies, SE__COUNT(lies)},
        {an_answer_without_sense, SE__COUNT(nonsense)},
        {an_element_without_the_route, 1},
        {the_id_of_the_list_counts, 1},
        {what_is_removed_is_cleaned_up, 1},
        {a_new_address_is_asked_at_once, 1},
        {a_follower_reads_and_asks_nobody, 1},
        {a_follower_learns_of_health, 1},
        {a_follower_learns_of_health_without_a_hash, 1},
        {a_follower_knows_better, 1},
        {a_poisoned_hash_costs_one_element, SE__COUNT(poisons)},
        {a_follower_leaves_what_is_removed_to_the_leader, 1},
        {a_follower_asks_one_on_request, 1},
        {one_that_is_asked_is_asked_again, 1},
        {what_cannot_be_asked, 1},
        {the_lease_is_given_back, 1},
        {a_foreign_lease_is_left_alone, 1},
        {our_lease_as_the_original_sees_it, 1},
        {a_leader_without_redis_goes_on, 1},
        {without_redis_everybody_asks, 1},
        {redis_that_was_never_there, 1},
        {a_list_that_comes_later, 1},
        {a_new_leader_sweeps, 1},
        {one_monitor_per_registry, 1},
        {contradictions_are_refused, 1},
        {names_of_roles, 1},
    };

    return run_suite("monitor", rows, SE__COUNT(rows));
}
