#include "kit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_source(kit *k, scripted *script, const char *name)
{
    ck_assert_int_eq(se_registry_add_source(
                         k->registry, scripted_source(script, name), NULL),
                     SE_OK);
}

void kit_open(kit *k, const se_registry_options *more)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    if (more) {
        options = *more;
    }
    logbook_init(&k->book);
    scripted_init(&k->first);
    scripted_init(&k->second);
    ck_assert_int_eq(se_metrics_new(&k->metrics, NULL), SE_OK);
    options.fetch_timeout_ms = 5000;
    options.source_retry_ms = 1;
    options.log = logbook_write;
    options.log_user = &k->book;
    options.metrics = k->metrics;
    options.instance_id = "ingester-01";
    ck_assert_int_eq(se_registry_open(&k->registry, &options, NULL), SE_OK);
    add_source(k, &k->first, "watched");
    add_source(k, &k->second, "admin_module");
}

const char *kit_dir(kit *k)
{
    if (k->dir[0] == '\0') {
        snprintf(k->dir, sizeof(k->dir), "/tmp/registry-state-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(k->dir));
    }
    return k->dir;
}

void kit_path(const kit *k, const char *beginning, char path[KIT_PATH])
{
    DIR *dir = opendir(k->dir);
    const struct dirent *entry;

    snprintf(path, KIT_PATH, "%s/%s", k->dir, beginning);
    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL) {
        /* The list's name goes on with 16 digits, and nothing else. */
        if (strncmp(entry->d_name, beginning, strlen(beginning)) == 0 &&
            (strlen(entry->d_name) == 25) == (strlen(beginning) == 9)) {
            snprintf(path, KIT_PATH, "%s/%.60s", k->dir, entry->d_name);
        }
    }
    closedir(dir);
}

static void remove_dir(kit *k)
{
    static const char *const names[] = {"topology-", "topology-held",
                                        "topology-accepted", "file"};
    char path[KIT_PATH];

    if (k->dir[0] == '\0') {
        return;
    }
    for (size_t i = 0; i < SE__COUNT(names); i++) {
        do {
            kit_path(k, names[i], path);
        } while (unlink(path) == 0);
    }
    /* Nothing else may have been left there. */
    ck_assert_int_eq(rmdir(k->dir), 0);
    k->dir[0] = '\0';
}

void kit_start(kit *k)
{
    ck_assert_int_eq(se_registry_start(k->registry, NULL), SE_OK);
}

void kit_close_registry(kit *k)
{
    scripted_release(&k->first);
    scripted_release(&k->second);
    se_registry_close(k->registry);
    k->registry = NULL;
}

void kit_close(kit *k)
{
    kit_close_registry(k);
    se_metrics_unref(k->metrics);
    ck_assert_int_eq(k->first.freed, 1);
    ck_assert(!k->first.freed_inside);
    ck_assert_int_le(k->first.most_inside, 1);
    scripted_fini(&k->first);
    scripted_fini(&k->second);
    logbook_fini(&k->book);
    remove_dir(k);
}

se_err kit_reload(kit *k)
{
    return se_registry_reload(k->registry, SE_RELOAD_MANUAL, 0, NULL, NULL);
}

bool kit_in_force(kit *k, const char *line)
{
    se_topology *expected = fleet(line);
    se_topology *now = se_registry_topology(k->registry);
    bool same = now != NULL &&
                strcmp(se_topology_hash(now), se_topology_hash(expected)) == 0;

    se_topology_unref(expected);
    se_topology_unref(now);
    return same;
}

bool kit_counts(kit *k, const char *line)
{
    char *text = NULL;
    bool found;

    ck_assert_int_eq(se_metrics_print(k->metrics, &text, NULL), SE_OK);
    found = strstr(text, line) != NULL;
    se_free(text);
    return found;
}

se_registry_status kit_status(kit *k)
{
    se_registry_status now = SE_REGISTRY_STATUS_INIT;

    se_registry_get_status(k->registry, &now);
    return now;
}

int kit_run(const char *name, const kit_row *rows, size_t n,
            void (*tear_down)(void))
{
    return run_suite_with(name, rows, n, tear_down);
}
