/*
 * What source_ops.h promises, held against every source: the built-in ones and
 * one that a program brings.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"
#include "registry/registry.h"
#include "rows.h"
#include "source/source.h"
#include "suite.h"

#define SLACK_MS 2000 /* a loaded machine */
#define TIMEOUT_MS 400

static const contract_row *const rows[] = {
    &file_row, &memory_row, &own_row, &redis_row, &admin_row,
};
#define N_ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

/*
 * Stands between the registry and the source, and checks the rules at every
 * call; what is wrong is counted, since this runs on any thread.
 */
typedef struct probe {
    se_source *inner;
    se_source_ops ops; /* with the inner one's name */
    atomic_int inside;
    atomic_int fetches;
    atomic_int freed;
    atomic_int twice_at_once;
    atomic_int freed_too_early;
    atomic_int late;
    atomic_int out_written;
    atomic_int err_not_full;
    atomic_int err_touched;
} probe;

static bool is_full(const se_error *err, se_err rc)
{
    return err->code == rc && err->message[0] != '\0' &&
           strchr(err->message, '\n') == NULL &&
           err->message[strlen(err->message) - 1] != '.';
}

static se_err probe_fetch(void *self, int timeout_ms, se_topology **out,
                          se_error *err)
{
    probe *p = self;
    se_topology *const canary = (se_topology *)(void *)p;
    se_topology *given = canary;
    se_error said = SE_ERROR_INIT;
    int64_t began = se__now_ms();
    se_err rc;

    atomic_fetch_add(&p->twice_at_once, atomic_fetch_add(&p->inside, 1) > 0);
    rc = p->inner->ops.fetch(p->inner->self, timeout_ms, &given, &said);
    atomic_fetch_add(&p->late, se__now_ms() - began > timeout_ms + SLACK_MS);
    atomic_fetch_sub(&p->inside, 1);
    atomic_fetch_add(&p->fetches, 1);
    if (rc == SE_OK) {
        atomic_fetch_add(&p->err_touched,
                         said.code != SE_OK || said.message[0] != '\0');
        *out = given;
        return SE_OK;
    }
    atomic_fetch_add(&p->out_written, given != canary);
    atomic_fetch_add(&p->err_not_full, !is_full(&said, rc));
    *err = said;
    return rc;
}

static void probe_free(void *self)
{
    probe *p = self;

    atomic_fetch_add(&p->freed_too_early, atomic_load(&p->inside) > 0);
    atomic_fetch_add(&p->freed, 1);
    se_source_free(p->inner);
}

static se_source *probe_open(probe *p, se_source *inner)
{
    se_source *source = NULL;

    memset(p, 0, sizeof(*p));
    p->inner = inner;
    p->ops = (se_source_ops){sizeof(se_source_ops), se_source_name(inner),
                             probe_fetch, NULL, probe_free};
    ck_assert_int_eq(se_source_new(&p->ops, p, &source, NULL), SE_OK);
    return source;
}

static void probe_verdict(probe *p)
{
    ck_assert_msg(p->freed == 1, "freed %d times", p->freed);
    ck_assert_msg(p->freed_too_early == 0, "freed during a fetch");
    ck_assert_msg(p->twice_at_once == 0, "fetched twice at once");
    ck_assert_msg(p->late == 0, "returned after its time");
    ck_assert_msg(p->out_written == 0, "a failure wrote *out");
    ck_assert_msg(p->err_not_full == 0, "a failure left err incomplete");
    ck_assert_msg(p->err_touched == 0, "a success wrote err");
}

/* ---- the stage of every test ---- */

static const contract_row *row;
static void *world;
static probe p;
static se_registry *registry;
static const char *c;  /* another one; nothing that takes files is missed */
static const char *ab; /* a list; what a partial one leaves out may stay */

static void open_stage(int i)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    row = rows[i];
    world = row->make();
    ck_assert_ptr_nonnull(world);
    c = row->partial ? "c edit 3 http://c; d rw 4 http://d"
                     : "c edit 3 http://c";
    ab = row->partial ? "a edit 1 http://a; b rw 2 http://b"
                      : "a edit 1 http://a; b rw 2 http://b off";
    options.fetch_timeout_ms = TIMEOUT_MS;
    options.lazy_min_interval_ms = 1;
    options.lazy_max_interval_ms = 1;
    options.source_retry_ms = 1;
    ck_assert_int_eq(se_registry_open(&registry, &options, NULL), SE_OK);
    ck_assert_int_eq(se_registry_add_source(
                         registry, probe_open(&p, row->open(world)), NULL),
                     SE_OK);
}

static void close_stage(void)
{
    se_registry_close(registry);
    probe_verdict(&p);
    ck_assert(row->freed == NULL || row->freed(world) == 1);
    row->destroy(world);
}

static void set_list(const char *line)
{
    se_topology *list = fleet(line);

    row->set_list(world, list);
    se_topology_unref(list);
}

static se_err reload(se_error *err)
{
    return se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, err);
}

static void expect_in_force(const char *line)
{
    se_topology *now = se_registry_topology(registry);
    char found[512];

    ck_assert_ptr_nonnull(now);
    fleet_line(now, found, sizeof(found));
    ck_assert_str_eq(found, line);
    se_topology_unref(now);
}

/* ---- the rules ---- */

START_TEST(opening_contacts_nothing)
{
    open_stage(_i);
    ck_assert_str_eq(se_source_name(p.inner), row->label);
    ck_assert_int_eq(p.fetches, 0);
    close_stage();
}
END_TEST

START_TEST(a_source_alone_is_freed_once)
{
    se_source *source;

    row = rows[_i];
    world = row->make();
    source = probe_open(&p, row->open(world));
    se_source_free(source);
    probe_verdict(&p);
    ck_assert(row->freed == NULL || row->freed(world) == 1);
    row->destroy(world);
}
END_TEST

START_TEST(a_list_is_owned_and_labelled)
{
    se_topology *one;
    se_topology *two;

    open_stage(_i);
    set_list(ab);
    ck_assert_int_eq(reload(NULL), SE_OK);
    expect_in_force(ab);
    one = se_registry_topology(registry);
    ck_assert_str_eq(se_topology_source(one), row->label);
    set_list(c);
    ck_assert_int_eq(reload(NULL), SE_OK);
    two = se_registry_topology(registry);
    close_stage();
    /* They live on without the source. */
    ck_assert_uint_eq(se_topology_count(one), 2);
    ck_assert_str_eq(se_element_url(se_topology_at(one, 0)), "http://a");
    ck_assert_str_eq(se_element_id(se_topology_at(two, 0)), "c");
    se_topology_unref(one);
    se_topology_unref(two);
}
END_TEST

START_TEST(nothing_changed_is_no_change)
{
    se_diff *diff = NULL;

    open_stage(_i);
    set_list(ab);
    ck_assert_int_eq(reload(NULL), SE_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(
            se_registry_reload(registry, SE_RELOAD_MANUAL, 0, &diff, NULL),
            SE_OK);
        ck_assert(se_diff_is_empty(diff));
        se_diff_free(diff);
    }
    ck_assert_int_eq(p.fetches, 4);
    close_stage();
}
END_TEST

/* Something goes wrong; the old list stays; and the source comes back. */
static void go_wrong_and_recover(void (*wrong)(void *))
{
    se_error err = SE_ERROR_INIT;

    set_list(ab);
    ck_assert_int_eq(reload(NULL), SE_OK);
    for (int i = 0; i < 2; i++) {
        wrong(world);
        ck_assert_int_eq(reload(&err), SE_E_DISCOVERY);
        ck_assert_msg(strstr(err.message, row->label) == err.message &&
                          strncmp(err.message + strlen(row->label), ": ", 2) ==
                              0,
                      "%s", err.message);
        expect_in_force(ab);
    }
    set_list(c);
    ck_assert_int_eq(reload(NULL), SE_OK);
    expect_in_force(c);
}

START_TEST(a_failure_leaves_the_list)
{
    open_stage(_i);
    go_wrong_and_recover(row->set_failing);
    close_stage();
}
END_TEST

START_TEST(a_failure_before_the_first_list)
{
    se_error err = SE_ERROR_INIT;

    open_stage(_i);
    row->set_failing(world);
    ck_assert_int_eq(reload(&err), SE_E_DISCOVERY);
    ck_assert_ptr_null(se_registry_topology(registry));
    close_stage();
}
END_TEST

START_TEST(garbage_leaves_the_list)
{
    open_stage(_i);
    if (row->set_garbage != NULL) {
        go_wrong_and_recover(row->set_garbage);
    }
    close_stage();
}
END_TEST

static void set_empty(void *unused)
{
    (void)unused;
    set_list("");
}

START_TEST(an_empty_list_never_empties_a_registry)
{
    open_stage(_i);
    go_wrong_and_recover(set_empty);
    close_stage();
}
END_TEST

START_TEST(time_is_kept)
{
    int64_t began;

    open_stage(_i);
    if (row->set_hanging != NULL) {
        go_wrong_and_recover(row->set_hanging);
        row->set_hanging(world);
        began = se__now_ms();
        ck_assert_int_eq(reload(NULL), SE_E_DISCOVERY);
        ck_assert_int_ge(se__now_ms() - began, TIMEOUT_MS - 2);
    }
    close_stage();
}
END_TEST

/* ---- many at once ---- */

static void reload_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < 25; i++) {
        se_registry_reload(registry, SE_RELOAD_MANUAL, i % 2 ? 10000 : 0, NULL,
                           NULL);
        se__registry_want(registry, SE_RELOAD_NOT_FOUND,
                          se__registry_serial(registry));
    }
}

START_TEST(never_fetched_twice_at_once)
{
    se__thread threads[4];

    open_stage(_i);
    set_list(ab);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(
            se__thread_start(&threads[i], "reload", reload_often, NULL, NULL),
            SE_OK);
    }
    for (int i = 0; i < 30; i++) {
        set_list(i % 2 ? ab : c);
    }
    for (int i = 0; i < 4; i++) {
        se__thread_join(&threads[i]);
    }
    ck_assert_int_ge(p.fetches, 1);
    close_stage();
}
END_TEST

/* The probe sees whether it is freed while a fetch is inside. */
START_TEST(freed_after_the_last_fetch)
{
    open_stage(_i);
    set_list(ab);
    ck_assert_int_eq(reload(NULL), SE_OK);
    if (row->set_hanging != NULL) {
        row->set_hanging(world);
    }
    se__registry_want(registry, SE_RELOAD_NOT_FOUND,
                      se__registry_serial(registry));
    close_stage();
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {opening_contacts_nothing, N_ROWS},
        {a_source_alone_is_freed_once, N_ROWS},
        {a_list_is_owned_and_labelled, N_ROWS},
        {nothing_changed_is_no_change, N_ROWS},
        {a_failure_leaves_the_list, N_ROWS},
        {a_failure_before_the_first_list, N_ROWS},
        {garbage_leaves_the_list, N_ROWS},
        {an_empty_list_never_empties_a_registry, N_ROWS},
        {time_is_kept, N_ROWS},
        {never_fetched_twice_at_once, N_ROWS},
        {freed_after_the_last_fetch, N_ROWS},
    };

    return run_suite("source contract", tests, SE__COUNT(tests));
}
