/*
 * The monitor beside uploads: what an upload learns reaches the others, and
 * uploads go on whatever becomes of Redis.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <artstore/selector.h>
#include <artstore/uploader.h>

#include "base/clock.h"
#include "base/mem.h"
#include "monitor_kit.h"
#include "suite.h"

#define SIZE 1000000

static const sandbox_element two[] = {
    {"se-01", "edit", 100, SIZE},
    {"se-02", "edit", 200, SIZE},
};

static const sandbox_element large[] = {
    {"se-01", "edit", 100, 0},
    {"se-02", "edit", 200, 0},
};

static rig r;
static se_selector *selector;
static se_uploader *uploader;

static void open_uploader(void)
{
    ck_assert_int_eq(se_selector_open(r.registry, NULL, &selector, NULL),
                     SE_OK);
    ck_assert_int_eq(
        se_uploader_open(r.registry, selector, &fleet_fast, &uploader, NULL),
        SE_OK);
}

static void stop(void)
{
    se_uploader_close(uploader);
    se_selector_close(selector);
    rig_stop(&r);
}

/* Where it was stored; static until the next call. */
static const char *upload(size_t length)
{
    static char id[SE_ID_SIZE];
    se_upload file = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    file.data = fleet_data(&r.fleet, length);
    file.data_length = length;
    ck_assert_msg(se_uploader_upload(uploader, &file, &result, &err) == SE_OK,
                  "%s", err.message);
    snprintf(id, sizeof(id), "%s", se_result_se_id(result));
    se_result_free(result);
    return id;
}

static void refuse_once(const char *id)
{
    const sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                                 .when = SANDBOX_BEFORE_BODY,
                                 .action = SANDBOX_STATUS,
                                 .status = 507,
                                 .times = 1};

    sandbox_add_fault(r.fleet.sandbox, id, &fault);
}

static bool is_marked_full(const char *id, int64_t bytes)
{
    return se__endpoint_is_full(rig_endpoint(&r, id), bytes, se__now_ms());
}

static void put_hash(int64_t measured_us)
{
    char moment[SE__RFC3339_OFFSET_SIZE];

    se__format_rfc3339_offset(moment, sizeof(moment), measured_us);
    REDIS_ORDER(r.redis, "HSET", "capacity:se-01", "total", "1000000", "used",
                "0", "available", "1000000", "health", "healthy", "last_poll",
                moment);
}

/* It polls nobody, but what it asked because of a 507 is everybody's. */
START_TEST(a_followers_507_is_shared)
{
    rig_start(&r, two, SE__COUNT(two));
    REDIS_ORDER(r.redis, "SET", LOCK, "ingester-0a1b2c3d", "NX", "EX", "600");
    put_hash(se__wall_us() - 3000000);
    rig_monitor(&r, NULL);
    open_uploader();
    /* By what others measured there is room: it is not asked before. */
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->origin == SE_ORIGIN_CACHE);
    sandbox_set_used(r.fleet.sandbox, "se-01", SIZE - 10);
    refuse_once("se-01");
    ck_assert_str_eq(upload(100), "se-02");
    ck_assert_int_eq(fleet_counts(&r.fleet, "se-01").uploads, 1);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "10"));
    ck_assert(
        RIG_SAYS(&r, "100", "ZSCORE", "capacity:edit:available", "se-01"));
    ck_assert_int_eq(rig_polls(&r, "se-01"), 1);
    stop();
}
END_TEST

START_TEST(a_poll_that_shows_room_lifts_the_mark)
{
    se_monitor_options options = monitor_fast();

    /* Nothing but what is asked for. */
    options.poll_base_ms = 600000;
    options.poll_max_ms = 600000;
    rig_start(&r, two, SE__COUNT(two));
    rig_monitor(&r, &options);
    open_uploader();
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->origin == SE_ORIGIN_POLL);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->origin == SE_ORIGIN_POLL);
    sandbox_set_used(r.fleet.sandbox, "se-01", SIZE / 2);
    refuse_once("se-01");
    ck_assert_str_eq(upload(SIZE * 3 / 4), "se-02");
    ck_assert(is_marked_full("se-01", SIZE * 3 / 4));
    ck_assert(!is_marked_full("se-01", SIZE / 4));
    ck_assert_str_eq(upload(SIZE / 5), "se-01");
    /* still not enough for what was refused */
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "500000"));
    ck_assert(is_marked_full("se-01", SIZE * 3 / 4));
    sandbox_set_used(r.fleet.sandbox, "se-01", 0);
    ck_assert_int_eq(se_monitor_poll(r.monitor, "se-01", NULL), SE_OK);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "available", "1000000"));
    ck_assert(!is_marked_full("se-01", SIZE * 3 / 4));
    stop();
}
END_TEST

/* What a follower stored after the leader's poll is not in the leader's
 * figure, also if that comes later. */
START_TEST(what_landed_since_is_counted)
{
    int64_t now = se__wall_us();
    se__endpoint *endpoint;

    rig_start(&r, two, 1);
    REDIS_ORDER(r.redis, "SET", LOCK, "ingester-0a1b2c3d", "NX", "EX", "600");
    put_hash(now - 3000000);
    rig_monitor(&r, NULL);
    open_uploader();
    endpoint = rig_endpoint(&r, "se-01");
    FLEET_WAIT_FOR(atomic_load(&endpoint->origin) == SE_ORIGIN_CACHE);
    ck_assert_int_eq(se__endpoint_room(endpoint), SIZE);
    now = atomic_load(&endpoint->measured_ms);
    ck_assert_str_eq(upload(SIZE / 10), "se-01");
    put_hash(se__wall_us() - 500000);
    FLEET_WAIT_FOR(atomic_load(&endpoint->measured_ms) > now);
    ck_assert_int_eq(atomic_load(&endpoint->origin), SE_ORIGIN_CACHE);
    ck_assert_int_eq(rig_polls(&r, "se-01"), 0);
    ck_assert_int_eq(se__endpoint_room(endpoint), SIZE - SIZE / 10);
    stop();
}
END_TEST

/* Frozen for longer than the lease: no upload waits for it. */
START_TEST(uploads_go_on_without_redis)
{
    int64_t began;
    int files = 0;

    rig_start(&r, large, SE__COUNT(large));
    rig_monitor(&r, NULL);
    open_uploader();
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_LEADER);
    redis_server_freeze(r.redis);
    began = fleet_now_ms();
    while (se_monitor_role(r.monitor) == SE_ROLE_LEADER || files < 20) {
        ck_assert_str_eq(upload(1000), "se-01");
        files++;
        ck_assert_int_lt(fleet_now_ms() - began, 10000);
    }
    ck_assert_int_eq(se_monitor_role(r.monitor), SE_ROLE_UNKNOWN);
    FLEET_WAIT_FOR(logbook_count(&r.book, "did not confirm it") == 1);
    redis_server_thaw(r.redis);
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_LEADER);
    ck_assert_str_eq(upload(1000), "se-01");
    stop();
}
END_TEST

/* Killed and started again, with nothing in it. */
START_TEST(redis_that_comes_back_empty)
{
    rig_start(&r, two, SE__COUNT(two));
    rig_monitor(&r, NULL);
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_LEADER);
    redis_server_kill(r.redis);
    FLEET_WAIT_FOR(logbook_count(&r.book, "Redis does not answer") == 1);
    redis_server_revive(r.redis);
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    FLEET_WAIT_FOR(
        RIG_SAYS(&r, se_monitor_instance_id(r.monitor), "GET", LOCK));
    FLEET_WAIT_FOR(logbook_count(&r.book, "answers the capacity") == 1);
    rig_stop(&r);
}
END_TEST

/* It is asked at once, long before its turn, and gets nothing until then. */
START_TEST(a_new_element_is_on_probation)
{
    const sandbox_fault silent = {.route = SANDBOX_CAPACITY,
                                  .action = SANDBOX_STALL};
    se_monitor_options options = monitor_fast();

    options.poll_base_ms = 600000;
    options.poll_max_ms = 600000;
    options.poll_timeout_ms = 300;
    rig_start(&r, large, SE__COUNT(large));
    rig_list(&r, "se-01");
    rig_monitor(&r, &options);
    open_uploader();
    FLEET_WAIT_FOR(se_monitor_role(r.monitor) == SE_ROLE_LEADER);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->origin == SE_ORIGIN_POLL);
    sandbox_add_fault(r.fleet.sandbox, "se-01", &silent);
    rig_list(&r, NULL);
    ck_assert(atomic_load(&rig_endpoint(&r, "se-01")->probation));
    ck_assert_str_eq(upload(1000), "se-02");
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") >= 1);
    ck_assert_str_eq(upload(1000), "se-02");
    sandbox_clear_faults(r.fleet.sandbox, "se-01");
    FLEET_WAIT_FOR(!atomic_load(&rig_endpoint(&r, "se-01")->probation));
    FLEET_WAIT_FOR(strcmp(upload(1000), "se-01") == 0);
    stop();
}
END_TEST

/* ---- the Admin Module stands in ---- */

/* `without`: what the first list lacks; "all": there is no list yet. */
static se_admin *start_admin_with(se_monitor_options fast, const char *without)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_admin *admin = NULL;

    memset(&r, 0, sizeof(r));
    logbook_init(&r.book);
    fleet_start_with(&r.fleet, (sandbox_options){.elements = two,
                                                 .n_elements = SE__COUNT(two),
                                                 .admin = true});
    ck_assert_int_eq(se_registry_open(&r.registry, NULL, NULL), SE_OK);
    ck_assert_int_eq(se_metrics_new(&r.metrics, NULL), SE_OK);
    if (!without || strcmp(without, "all") != 0) {
        rig_list(&r, without);
    }
    options.url = sandbox_url(r.fleet.sandbox, "admin");
    ck_assert_int_eq(se_admin_open(&admin, &options, NULL), SE_OK);
    fast.admin = admin;
    sandbox_set_used(r.fleet.sandbox, "se-01", 300000);
    rig_monitor(&r, &fast);
    return admin;
}

static se_admin *start_admin(void)
{
    return start_admin_with(monitor_fast(), NULL);
}

START_TEST(the_admin_module_stands_in)
{
    se_admin *admin = start_admin();

    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->origin == SE_ORIGIN_ADMIN);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->origin == SE_ORIGIN_ADMIN);
    ck_assert_int_eq(rig_capacity(&r, "se-01")->available_bytes, 700000);
    ck_assert_int_eq(rig_polls(&r, "se-01"), 0);
    ck_assert_int_eq(se_monitor_role(r.monitor), SE_ROLE_UNKNOWN);
    /* it is gone as well: the elements themselves */
    sandbox_kill(r.fleet.sandbox, "admin");
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->origin == SE_ORIGIN_POLL);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->origin == SE_ORIGIN_POLL);
    ck_assert_int_ge(logbook_count(&r.book, "does not tell capacities"), 1);
    rig_stop(&r);
    se_admin_close(admin);
}
END_TEST

START_TEST(what_the_admin_module_does_not_know)
{
    const sandbox_fault fault = {
        .route = SANDBOX_ANY, .action = SANDBOX_STATUS, .status = 404};
    se_admin *admin = start_admin();

    sandbox_add_fault(r.fleet.sandbox, "admin", &fault);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->origin == SE_ORIGIN_POLL);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->origin == SE_ORIGIN_POLL);
    rig_stop(&r);
    se_admin_close(admin);
}
END_TEST

/* The first look finds no list; the next one is not a long interval away. */
START_TEST(the_first_list_comes_after_the_admin_module)
{
    se_monitor_options options = monitor_fast();
    se_admin *admin;

    options.poll_base_ms = 600000;
    options.poll_max_ms = 600000;
    admin = start_admin_with(options, "all");
    for (int i = 0; i < 50; i++) {
        fleet_pause(); /* that look */
    }
    rig_list(&r, NULL);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->origin == SE_ORIGIN_ADMIN);
    rig_stop(&r);
    se_admin_close(admin);
}
END_TEST

/* What the Admin Module says is no proof that a new element works. */
START_TEST(the_admin_module_ends_no_probation)
{
    const sandbox_fault silent = {.route = SANDBOX_CAPACITY,
                                  .action = SANDBOX_STALL};
    se_admin *admin = start_admin_with(monitor_fast(), "se-01");

    FLEET_WAIT_FOR(rig_capacity(&r, "se-02")->origin == SE_ORIGIN_ADMIN);
    sandbox_add_fault(r.fleet.sandbox, "se-01", &silent);
    rig_list(&r, NULL);
    FLEET_WAIT_FOR(rig_capacity(&r, "se-01")->origin == SE_ORIGIN_ADMIN);
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") >= 1);
    ck_assert(atomic_load(&rig_endpoint(&r, "se-01")->probation));
    sandbox_clear_faults(r.fleet.sandbox, "se-01");
    FLEET_WAIT_FOR(!atomic_load(&rig_endpoint(&r, "se-01")->probation));
    rig_stop(&r);
    se_admin_close(admin);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {a_followers_507_is_shared, 1},
        {a_poll_that_shows_room_lifts_the_mark, 1},
        {what_landed_since_is_counted, 1},
        {uploads_go_on_without_redis, 1},
        {redis_that_comes_back_empty, 1},
        {a_new_element_is_on_probation, 1},
        {the_admin_module_stands_in, 1},
        {what_the_admin_module_does_not_know, 1},
        {the_first_list_comes_after_the_admin_module, 1},
        {the_admin_module_ends_no_probation, 1},
    };

    return run_suite("monitor_upload", rows, SE__COUNT(rows));
}
