/*
 * Uploads while the list changes: one that began before finishes, one that
 * begins after obeys; and they go on while no source answers.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "redis_server.h"
#include "sandbox_fleet.h"

#define SIZE 4096

static fleet f;
static redis_server *redis;
static char state_dir[96];

static void set_up(void)
{
    fleet_start_standard(&f);
    redis = redis_server_start(NULL);
    snprintf(state_dir, sizeof(state_dir), "%s/state", f.dir);
}

static void tear_down(void)
{
    fleet_stop(&f);
    redis_server_stop(redis);
}

/* The fleet's document, with se-01 as it is told. */
static void publish(const char *mode, int priority, bool without)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_topology_builder *builder = NULL;
    se_topology *list = NULL;
    const struct {
        const char *id;
        const char *mode;
        int priority;
    } rows[] = {{"se-01", mode, priority},
                {"se-02", "edit", 200},
                {"se-03", "rw", 300}};

    ck_assert_int_eq(se_topology_builder_new(&builder, NULL), SE_OK);
    for (size_t i = without ? 1 : 0; i < 3; i++) {
        se_element_spec spec = SE_ELEMENT_SPEC_INIT;

        spec.id = rows[i].id;
        spec.url = sandbox_url(f.sandbox, rows[i].id);
        spec.mode = strcmp(rows[i].mode, "edit") == 0 ? SE_MODE_EDIT
                    : strcmp(rows[i].mode, "rw") == 0 ? SE_MODE_RW
                                                      : SE_MODE_RO;
        spec.priority = rows[i].priority;
        ck_assert_int_eq(se_topology_builder_add(builder, &spec, NULL), SE_OK);
    }
    ck_assert_int_eq(se_topology_builder_build(builder, &list, NULL), SE_OK);
    se_topology_builder_free(builder);
    options.url = redis_server_url(redis);
    ck_assert_int_eq(se_publish(&options, list, NULL, 0, NULL, NULL), SE_OK);
    se_topology_unref(list);
}

static void open_ingest(bool start)
{
    se_registry_options registry = SE_REGISTRY_OPTIONS_INIT;
    const char *const sources[] = {redis_server_url(redis), "file:/nowhere"};
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;

    registry.fetch_timeout_ms = 500;
    registry.source_retry_ms = 1;
    registry.reload_interval_ms = 100;
    registry.lazy_min_interval_ms = 20;
    registry.state_dir = state_dir;
    options.sources = sources;
    options.n_sources = 2;
    options.registry = &registry;
    options.uploader = &fleet_fast;
    ck_assert_msg(se_ingest_open(&f.ingest, &options, &err) == SE_OK, "%s",
                  err.message);
    if (start) {
        ck_assert_int_eq(se_registry_start(se_ingest_registry(f.ingest), NULL),
                         SE_OK);
    }
}

static se_registry_status status(void)
{
    se_registry_status now = SE_REGISTRY_STATUS_INIT;

    se_registry_get_status(se_ingest_registry(f.ingest), &now);
    return now;
}

/* Where a file goes now. */
static void check_goes_to(const char *id)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), id);
    se_result_free(result);
}

static bool first_is(const char *id, const char *mode, int priority)
{
    se_topology *now = se_registry_topology(se_ingest_registry(f.ingest));
    const se_element *found = now ? se_topology_find(now, id) : NULL;
    bool same = found != NULL && se_element_priority(found) == priority &&
                strcmp(se_mode_name(se_element_mode(found)), mode) == 0;

    se_topology_unref(now);
    return same;
}

static bool is_gone(const char *id)
{
    se_topology *now = se_registry_topology(se_ingest_registry(f.ingest));
    bool gone = now != NULL && se_topology_find(now, id) == NULL;

    se_topology_unref(now);
    return gone;
}

START_TEST(uploads_obey_each_change)
{
    publish("edit", 100, false);
    open_ingest(true);
    FLEET_WAIT_FOR(status().watches == 1 && status().elements == 3);
    check_goes_to("se-01");
    publish("edit", 900, false); /* behind the other one */
    FLEET_WAIT_FOR(first_is("se-01", "edit", 900));
    check_goes_to("se-02");
    publish("edit", 100, false);
    FLEET_WAIT_FOR(first_is("se-01", "edit", 100));
    check_goes_to("se-01");
    publish("ro", 100, false);
    FLEET_WAIT_FOR(first_is("se-01", "ro", 100));
    check_goes_to("se-02");
    publish("edit", 100, true);
    FLEET_WAIT_FOR(is_gone("se-01"));
    check_goes_to("se-02");
    publish("edit", 100, false); /* and back again */
    FLEET_WAIT_FOR(first_is("se-01", "edit", 100));
    check_goes_to("se-01");
}
END_TEST

START_TEST(an_upload_under_way_finishes)
{
    sandbox_fault slow = {.route = SANDBOX_UPLOAD,
                          .when = SANDBOX_AFTER_STORE,
                          .action = SANDBOX_NO_FAULT,
                          .delay_ms = 300};
    se_upload upload = SE_UPLOAD_INIT;
    const se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    se_job *job = NULL;

    publish("edit", 100, false);
    open_ingest(true);
    FLEET_WAIT_FOR(status().watches == 1 && status().elements == 3);
    sandbox_add_fault(f.sandbox, "se-01", &slow);
    upload.data = fleet_data(&f, SIZE);
    upload.data_length = SIZE;
    ck_assert_int_eq(
        se_uploader_submit(se_ingest_uploader(f.ingest), &upload, &job, &err),
        SE_OK);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").uploads == 1);
    publish("edit", 100, true);
    FLEET_WAIT_FOR(is_gone("se-01"));
    check_goes_to("se-02");
    ck_assert_int_eq(se_job_wait(job, 10000, &result, &err), SE_OK);
    ck_assert_str_eq(se_result_se_id(result), "se-01");
    ck_assert_int_eq(fleet_counts(&f, "se-01").stored, 1);
    se_job_free(job);
}
END_TEST

/* An element is gone and nobody said so: the failed upload asks for the list.
 */
START_TEST(a_lazy_reload_finds_the_change)
{
    publish("edit", 100, true); /* se-02 and se-03 */
    open_ingest(false);
    check_goes_to("se-02");
    publish("edit", 100, false);
    sandbox_kill(f.sandbox, "se-02");
    check_goes_to("se-01");
    ck_assert(first_is("se-01", "edit", 100));
}
END_TEST

START_TEST(uploads_go_on_without_any_source)
{
    publish("edit", 100, false);
    open_ingest(true);
    FLEET_WAIT_FOR(status().watches == 1 && status().elements == 3);
    redis_server_kill(redis);
    for (int i = 0; i < 5; i++) {
        uint64_t failures = status().failures;

        FLEET_WAIT_FOR(status().failures > failures);
        check_goes_to("se-01");
    }
    redis_server_revive(redis);
    publish("edit", 900, false);
    FLEET_WAIT_FOR(first_is("se-01", "edit", 900));
    check_goes_to("se-02");
}
END_TEST

START_TEST(uploads_begin_without_any_source)
{
    publish("edit", 100, false);
    open_ingest(false);
    check_goes_to("se-01");
    se_ingest_close(f.ingest);
    redis_server_kill(redis);
    open_ingest(_i == 1);
    check_goes_to("se-01");
    ck_assert(status().last_known_good);
}
END_TEST

START_TEST(none_of_it)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    redis_server_kill(redis);
    open_ingest(false);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_E_DISCOVERY);
    ck_assert_msg(strstr(err.message, "redis: ") &&
                      strstr(err.message, "Connection refused") &&
                      strstr(err.message, "; file: /nowhere: No such file"),
                  "%s", err.message);
    ck_assert_ptr_null(result);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live upload");
    TCase *tests = tcase_create("live upload");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, uploads_obey_each_change);
    tcase_add_test(tests, an_upload_under_way_finishes);
    tcase_add_test(tests, a_lazy_reload_finds_the_change);
    tcase_add_test(tests, uploads_go_on_without_any_source);
    tcase_add_loop_test(tests, uploads_begin_without_any_source, 0, 2);
    tcase_add_test(tests, none_of_it);
    suite_add_tcase(suite, tests);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
