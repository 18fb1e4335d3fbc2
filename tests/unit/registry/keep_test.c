/* What a registry keeps on disk: the last good list, what is held, accepted. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"
#include "registry/statefile.h"

#define E3 "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c"
#define FULL E3 "; d rw 4 http://d; e rw 5 http://e"
#define HALF "a edit 1 http://a; d rw 4 http://d"
#define OTHERS "0123456789abcdef" /* sources */
#define HOUR_US ((int64_t)3600 * 1000000)

static kit k;

static void tear_down(void)
{
    kit_close(&k);
}

static void open_with_dir(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.state_dir = kit_dir(&k);
    options.reload_interval_ms = 20;
    options.no_watch = true;
    kit_open(&k, &options);
}

/* Another process, later, with the same directory. */
static void reopen(void)
{
    char dir[sizeof(k.dir)];

    snprintf(dir, sizeof(dir), "%s", k.dir);
    k.dir[0] = '\0';
    kit_close(&k);
    snprintf(k.dir, sizeof(k.dir), "%s", dir);
    open_with_dir();
}

static struct stat stat_of(const char *name)
{
    char path[KIT_PATH];
    struct stat st;

    kit_path(&k, name, path);
    ck_assert_msg(stat(path, &st) == 0, "%s: %s", path, strerror(errno));
    return st;
}

static bool exists(const char *name)
{
    char path[KIT_PATH];

    kit_path(&k, name, path);
    return access(path, F_OK) == 0;
}

/* Change a file behind its back. */
static void overwrite(const char *name, long at, const char *text)
{
    char path[KIT_PATH];
    FILE *file;

    kit_path(&k, name, path);
    file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    fputs(text, file);
    fclose(file);
}

/* ---- files ---- */

START_TEST(a_file_is_whole_or_not_at_all)
{
    static const struct {
        long at;
        const char *text;
    } damages[] = {
        {0, "x"},
        {24, "0000"},
        {88, "x"},
        {-3, "x"},
    };
    char *text = NULL;
    size_t length = 0;

    open_with_dir();
    ck_assert_int_eq(se__statefile_read(k.dir, "file", &text, &length, NULL),
                     SE_E_NOT_FOUND);
    ck_assert_int_eq(se__statefile_write(k.dir, "file", "some text", 9, NULL),
                     SE_OK);
    ck_assert_int_eq(se__statefile_write(k.dir, "file", "other text", 10, NULL),
                     SE_OK);
    ck_assert_int_eq(se__statefile_read(k.dir, "file", &text, &length, NULL),
                     SE_OK);
    ck_assert_str_eq(text, "other text");
    ck_assert_uint_eq(length, 10);
    free(text);
    text = NULL;
    ck_assert_uint_eq(stat_of("file").st_mode & 0777, 0600);
    overwrite("file", damages[_i].at, damages[_i].text);
    ck_assert_int_eq(se__statefile_read(k.dir, "file", &text, &length, NULL),
                     SE_E_PARSE);
    ck_assert_ptr_null(text);
}
END_TEST

START_TEST(a_file_that_was_cut)
{
    char path[KIT_PATH];
    char *text = NULL;
    size_t length = 0;

    open_with_dir();
    ck_assert_int_eq(se__statefile_write(k.dir, "file", "some text", 9, NULL),
                     SE_OK);
    kit_path(&k, "file", path);
    for (int size = (int)stat_of("file").st_size - 1; size >= 0; size--) {
        ck_assert_int_eq(truncate(path, size), 0);
        ck_assert_int_eq(
            se__statefile_read(k.dir, "file", &text, &length, NULL),
            SE_E_PARSE);
    }
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_int_eq(se__statefile_read(k.dir, "file", &text, &length, NULL),
                     SE_E_SYSTEM);
}
END_TEST

START_TEST(notes_are_read_back_while_they_are_fresh)
{
    se__keep_held held = {.first_us = 5,
                          .last_us = 10 * HOUR_US,
                          .fetches = 2,
                          .why = "it takes away 3 of 5"};
    se__keep_held back;
    char hash[65];

    open_with_dir();
    memset(held.hash, 'a', 64);
    ck_assert(!se__keep_held_get(&k.registry->keep, OTHERS, 0, &back));
    se__keep_held_set(&k.registry->keep, OTHERS, &held);
    ck_assert(
        se__keep_held_get(&k.registry->keep, OTHERS, 10 * HOUR_US + 1, &back));
    ck_assert_str_eq(back.hash, held.hash);
    ck_assert_int_eq(back.first_us, 5);
    ck_assert_int_eq(back.fetches, 2);
    ck_assert_str_eq(back.why, held.why);
    ck_assert(
        !se__keep_held_get(&k.registry->keep, OTHERS, 11 * HOUR_US, &back));
    se__keep_held_clear(&k.registry->keep, OTHERS, "another");
    ck_assert(
        se__keep_held_get(&k.registry->keep, OTHERS, 10 * HOUR_US, &back));
    se__keep_held_clear(&k.registry->keep, OTHERS, held.hash);
    ck_assert(
        !se__keep_held_get(&k.registry->keep, OTHERS, 10 * HOUR_US, &back));

    ck_assert(!se__keep_accepted_get(&k.registry->keep, 0, hash));
    se__keep_accepted_set(&k.registry->keep, held.hash, 7);
    ck_assert(se__keep_accepted_get(&k.registry->keep, 8, hash));
    ck_assert_str_eq(hash, held.hash);
    ck_assert(!se__keep_accepted_get(&k.registry->keep, 7 + HOUR_US, hash));
}
END_TEST

/* Several fleets share a directory. */
START_TEST(a_note_of_another_fleet_stays)
{
    se__keep_held held = {.first_us = se__wall_us(), .fetches = 1};
    se__keep_held back;

    open_with_dir();
    held.last_us = held.first_us;
    memset(held.hash, 'a', 64);
    se__keep_held_set(&k.registry->keep, OTHERS, &held);
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, FULL));
    ck_assert(
        se__keep_held_get(&k.registry->keep, OTHERS, se__wall_us(), &back));
    ck_assert_str_eq(back.hash, held.hash);
}
END_TEST

/* Each holds its own list, and goes on with it after a restart. */
START_TEST(two_fleets_hold_at_once)
{
    se__keep_held held = {.first_us = se__wall_us(), .fetches = 1};

    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    held.last_us = held.first_us;
    memset(held.hash, 'a', 64);
    se__keep_held_set(&k.registry->keep, OTHERS, &held);
    ck_assert(se__keep_is_held(&k.registry->keep, held.last_us, held.hash));
    ck_assert(se__keep_is_held(&k.registry->keep, held.last_us,
                               kit_status(&k).held_hash));
    reopen();
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_status(&k).held);
    ck_assert_int_eq(kit_status(&k).held_fetches, 2);
    ck_assert_str_eq(kit_status(&k).held_why,
                     "it takes away 3 of 5 elements that take files");
    ck_assert(kit_in_force(&k, FULL));
}
END_TEST

/* ---- the last good list ---- */

START_TEST(without_any_source_the_last_good_list)
{
    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert_uint_eq(stat_of("topology-").st_mode & 0777, 0600);
    reopen();
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, FULL));
    ck_assert(kit_status(&k).last_known_good);
    ck_assert_str_eq(kit_status(&k).source, "last_known_good");
    ck_assert_int_eq(kit_status(&k).confirmed_ms, -1);
    KIT_WAIT_FOR(!kit_counts(&k, "ingester_topology_age_seconds 0.0\n"));
    ck_assert_uint_eq(kit_status(&k).failures, 1);
    ck_assert(kit_counts(&k, "ingester_se_config_reload_total{source=\"none\","
                             "status=\"failed\"} 1.0\n"));
    ck_assert_int_eq(
        logbook_count(&k.book, "WARNING registry: Last known good SE config is "
                               "in force | se_count=5"),
        1);
    /* Further failures leave it as it is, and are failures. */
    ck_assert_int_eq(kit_reload(&k), SE_E_DISCOVERY);
    ck_assert(kit_in_force(&k, FULL));
    /* A source that answers is right, whatever it says. */
    scripted_give(&k.second, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, HALF));
    ck_assert(!kit_status(&k).last_known_good);
    ck_assert(!kit_status(&k).held);
}
END_TEST

START_TEST(a_source_comes_before_the_last_good_list)
{
    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    reopen();
    scripted_give(&k.second, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, HALF));
    ck_assert(!kit_status(&k).last_known_good);
}
END_TEST

START_TEST(a_last_good_list_that_is_broken)
{
    se_error err = SE_ERROR_INIT;

    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    overwrite("topology-", 120, "garbage");
    reopen();
    ck_assert_int_eq(
        se_registry_reload(k.registry, SE_RELOAD_MANUAL, 0, NULL, &err),
        SE_E_DISCOVERY);
    ck_assert_str_eq(err.message,
                     "watched: no list yet; admin_module: no list yet");
    ck_assert_int_eq(
        logbook_count(&k.book, "Last known good SE config is ignored"), 1);
    ck_assert_uint_eq(kit_status(&k).elements, 0);
}
END_TEST

START_TEST(written_only_when_the_content_is_another)
{
    ino_t first;

    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    first = stat_of("topology-").st_ino;
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert_uint_eq(stat_of("topology-").st_ino, first);
    reopen();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert_uint_eq(stat_of("topology-").st_ino, first);
    scripted_give(&k.first, fleet(FULL "; f rw 6 http://f"));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert_uint_ne(stat_of("topology-").st_ino, first);
}
END_TEST

/* The disk was full, or the directory was not there. */
START_TEST(written_again_after_a_failure)
{
    char away[sizeof(k.dir) + 8];

    open_with_dir();
    snprintf(away, sizeof(away), "%s-away", k.dir);
    ck_assert_int_eq(rename(k.dir, away), 0);
    ck_assert_int_eq(symlink("/proc/no/such/place", k.dir), 0);
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert_int_eq(logbook_count(&k.book, "State directory cannot be used"),
                     1);
    ck_assert_int_eq(unlink(k.dir), 0);
    ck_assert_int_eq(rename(away, k.dir), 0);
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert_uint_eq(stat_of("topology-").st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_pushed_list_is_kept_as_well)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.state_dir = kit_dir(&k);
    options.reload_interval_ms = -1;
    kit_open(&k, &options);
    scripted_give(&k.first, fleet(E3));
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, E3));
    scripted_hold(&k.first, false);
    scripted_push(&k.first, fleet(FULL));
    KIT_WAIT_FOR(kit_in_force(&k, FULL));
    reopen();
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, FULL));
}
END_TEST

START_TEST(a_directory_that_cannot_be_used)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.state_dir = "/proc/no/such/place";
    kit_open(&k, &options);
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_status(&k).held);
    ck_assert_int_eq(se_registry_accept(k.registry, NULL, NULL), SE_OK);
    ck_assert(kit_in_force(&k, HALF));
    ck_assert_int_eq(logbook_count(&k.book, "State directory cannot be used"),
                     1);
}
END_TEST

/* ---- what is held ---- */

START_TEST(held_also_after_a_restart)
{
    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(exists("topology-held"));
    reopen();
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_status(&k).held);
    ck_assert_int_eq(kit_status(&k).held_fetches, 2);
    ck_assert(kit_in_force(&k, FULL));
    /* It goes on where it was. */
    kit_start(&k);
    KIT_WAIT_FOR(kit_in_force(&k, HALF));
    KIT_WAIT_FOR(!exists("topology-held"));
}
END_TEST

/* However often it is asked for before its time. */
START_TEST(held_for_as_long_after_a_restart)
{
    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    reopen();
    k.registry->guard.interval_ms = 3600000;
    scripted_give(&k.first, fleet(HALF));
    for (int i = 2; i < 6; i++) {
        ck_assert_int_eq(kit_reload(&k), SE_OK);
        ck_assert(kit_status(&k).held);
        ck_assert_int_eq(kit_status(&k).held_fetches, i);
        ck_assert(kit_in_force(&k, FULL));
    }
    /* The one who answered is counted, not what is in force. */
    ck_assert(kit_counts(&k, "ingester_se_config_reload_total{source="
                             "\"watched\",status=\"success\"} 3.0\n"));
    ck_assert(!kit_counts(&k, "source=\"last_known_good\""));
}
END_TEST

/* Nothing is left that could be in force instead. */
START_TEST(held_before_but_nothing_else_is_there)
{
    char path[KIT_PATH];

    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    kit_path(&k, "topology-", path);
    ck_assert_int_eq(unlink(path), 0);
    reopen();
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, HALF));
    ck_assert(!kit_status(&k).held);
    ck_assert(!exists("topology-held"));
}
END_TEST

START_TEST(another_list_than_the_held_one_after_a_restart)
{
    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    reopen();
    scripted_give(&k.first, fleet("a edit 1 http://a"));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, "a edit 1 http://a"));
    ck_assert(!exists("topology-held"));
}
END_TEST

/* A command accepts, and the service finds the note at its next fetch. */
START_TEST(accepted_by_another_process)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;
    const char *const names[] = {"watched", "admin_module", "script"};
    scripted sources[2];
    se_registry *command = NULL;
    se_diff *diff = NULL;

    open_with_dir();
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_status(&k).held);

    options.state_dir = k.dir;
    ck_assert_int_eq(se_registry_open(&command, &options, NULL), SE_OK);
    for (int i = 0; i < 2; i++) {
        /* Of the same sources, or of others. */
        const char *name = names[_i + i];

        scripted_init(&sources[i]);
        ck_assert_int_eq(se_registry_add_source(
                             command, scripted_source(&sources[i], name), NULL),
                         SE_OK);
    }
    scripted_give(&sources[_i], fleet(HALF));
    ck_assert_int_eq(se_registry_accept(command, &diff, NULL), SE_OK);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_REMOVED), _i == 0 ? 3 : 0);
    se_diff_free(diff);
    se_registry_close(command);
    scripted_fini(&sources[0]);
    scripted_fini(&sources[1]);

    ck_assert(kit_in_force(&k, FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, HALF));
    ck_assert(!kit_status(&k).held);
}
END_TEST

int main(void)
{
    const kit_row rows[] = {
        {a_file_is_whole_or_not_at_all, 4},
        {a_file_that_was_cut, 1},
        {notes_are_read_back_while_they_are_fresh, 1},
        {a_note_of_another_fleet_stays, 1},
        {two_fleets_hold_at_once, 1},
        {without_any_source_the_last_good_list, 1},
        {a_source_comes_before_the_last_good_list, 1},
        {a_last_good_list_that_is_broken, 1},
        {written_only_when_the_content_is_another, 1},
        {written_again_after_a_failure, 1},
        {a_pushed_list_is_kept_as_well, 1},
        {a_directory_that_cannot_be_used, 1},
        {held_also_after_a_restart, 1},
        {held_for_as_long_after_a_restart, 1},
        {held_before_but_nothing_else_is_there, 1},
        {another_list_than_the_held_one_after_a_restart, 1},
        {accepted_by_another_process, 2},
    };

    return kit_run("registry keep", rows, SE__COUNT(rows), tear_down);
}
