#include "live_kit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void live_begin(live *l)
{
    memset(l, 0, sizeof(*l));
    snprintf(l->dir, sizeof(l->dir), "/tmp/live-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(l->dir));
    snprintf(l->document, sizeof(l->document), "%s/fleet.json", l->dir);
    logbook_init(&l->book);
    l->server = redis_server_start(NULL);
}

se_registry_options live_options(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.fetch_timeout_ms = 2000;
    options.source_retry_ms = 1;
    options.reload_interval_ms = -1;
    options.watch_retry_ms = 10;
    options.watch_retry_max_ms = 50;
    return options;
}

static void add(live *l, se_source *source)
{
    ck_assert_int_eq(se_registry_add_source(l->registry, source, NULL), SE_OK);
}

void live_open(live *l, const char *redis_url, bool file,
               const se_registry_options *more)
{
    se_registry_options options = more ? *more : live_options();
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    se_source *source = NULL;
    se_error err = SE_ERROR_INIT;

    options.log = logbook_write;
    options.log_user = &l->book;
    ck_assert_int_eq(se_registry_open(&l->registry, &options, NULL), SE_OK);
    redis.url = redis_url ? redis_url : redis_server_url(l->server);
    redis.ping_ms = 100;
    ck_assert_msg(se_source_redis(&redis, &source, &err) == SE_OK, "%s",
                  err.message);
    add(l, source);
    if (file) {
        ck_assert_int_eq(se_source_file(l->document, &source, NULL), SE_OK);
        add(l, source);
    }
}

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void live_end(live *l)
{
    se_registry_close(l->registry);
    redis_server_stop(l->server);
    logbook_fini(&l->book);
    nftw(l->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static char *print(const se_topology *list)
{
    char *text = NULL;

    ck_assert_int_eq(se_topology_print(list, &text, NULL), SE_OK);
    return text;
}

void live_set_list(live *l, const se_topology *list)
{
    char *text = print(list);

    REDIS_ORDER(l->server, "SET", SE_REDIS_KEY, text);
    se_free(text);
}

void live_set(live *l, const char *line)
{
    se_topology *list = fleet(line);

    live_set_list(l, list);
    se_topology_unref(list);
}

void live_write_file(live *l, const char *line)
{
    se_topology *list = fleet(line);
    char *text = print(list);
    char spare[128];
    FILE *file;

    snprintf(spare, sizeof(spare), "%s/spare", l->dir);
    file = fopen(spare, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(rename(spare, l->document), 0);
    se_free(text);
    se_topology_unref(list);
}

void live_push(live *l, const se_topology *list)
{
    char *text = print(list);

    REDIS_ORDER(l->server, "PUBLISH", SE_REDIS_UPDATES_CHANNEL, text);
    se_free(text);
}

void live_notify(live *l)
{
    REDIS_ORDER(l->server, "PUBLISH", SE_REDIS_EVENTS_CHANNEL,
                "{\"event\": \"storage_element_config_updated\"}");
}

bool live_is(live *l, const se_topology *list)
{
    se_topology *now = se_registry_topology(l->registry);
    bool same = now != NULL &&
                strcmp(se_topology_hash(now), se_topology_hash(list)) == 0;

    se_topology_unref(now);
    return same;
}

bool live_in_force(live *l, const char *line)
{
    se_topology *list = fleet(line);
    bool same = live_is(l, list);

    se_topology_unref(list);
    return same;
}

se_registry_status live_status(live *l)
{
    se_registry_status status = SE_REGISTRY_STATUS_INIT;

    se_registry_get_status(l->registry, &status);
    return status;
}

int live_run(const char *name, const live_row *rows, size_t n,
             void (*tear_down)(void))
{
    return run_suite_with(name, rows, n, tear_down);
}
