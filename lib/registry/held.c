/*
 * Notes about a list that is held back, beside the last good one: so that it
 * stays so after a restart, and so that another process can accept it.
 *
 * A note is one line: hash, times in microseconds of the wall clock, a count,
 * and for what is held the reason.
 */
#include "registry/keep.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "registry/statefile.h"

#define HELD "topology-held-"
#define NAME_SIZE (sizeof(HELD) + SE__KEEP_SOURCES_SIZE)
#define ACCEPTED "topology-accepted"
#define HASH_SIZE 65
#define US_PER_MS 1000

static void write_note(se__keep *keep, const char *name, const char *line)
{
    se_error why = SE_ERROR_INIT;

    if (keep->dir != NULL && se__statefile_write(keep->dir, name, line,
                                                 strlen(line), &why) != SE_OK) {
        se__keep_warn(keep, &why);
    }
}

/* The next word of a line as a number. */
static bool next_number(const char **at, int64_t *value)
{
    size_t length;

    if (**at != ' ') {
        return false;
    }
    (*at)++;
    length = strcspn(*at, " \n");
    if (!se__parse_int64(*at, length, value)) {
        return false;
    }
    *at += length;
    return true;
}

/* A hash, n numbers and a text, which may be NULL; false: there is no such
 * note. */
static bool read_note(const se__keep *keep, const char *name,
                      char hash[HASH_SIZE], int64_t *numbers, size_t n,
                      char why[SE__GUARD_WHY_SIZE])
{
    char *text = NULL;
    const char *at;
    size_t length = 0;
    bool good = false;

    if (keep->dir == NULL ||
        se__statefile_read(keep->dir, name, &text, &length, NULL) != SE_OK) {
        return false;
    }
    if (strcspn(text, " \n") == HASH_SIZE - 1) {
        se__copy_text(hash, HASH_SIZE, text);
        at = text + HASH_SIZE - 1;
        good = true;
        for (size_t i = 0; good && i < n; i++) {
            good = next_number(&at, &numbers[i]);
        }
        if (why != NULL) {
            at += *at == ' ';
            se__copy_text(why, SE__GUARD_WHY_SIZE, at);
            why[strcspn(why, "\n")] = '\0';
        }
    }
    free(text);
    return good;
}

static bool is_fresh(int64_t noted_us, int64_t wall_us)
{
    return wall_us - noted_us < SE__KEEP_MS * US_PER_MS;
}

static void name_of(const char *sources, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, HELD "%s", sources);
}

void se__keep_held_set(se__keep *keep, const char *sources,
                       const se__keep_held *held)
{
    char line[HASH_SIZE + 80 + SE__GUARD_WHY_SIZE];
    char name[NAME_SIZE];

    name_of(sources, name);
    snprintf(line, sizeof(line), "%s %" PRId64 " %" PRId64 " %d %s\n",
             held->hash, held->first_us, held->last_us, held->fetches,
             held->why);
    write_note(keep, name, line);
}

void se__keep_held_clear(se__keep *keep, const char *sources, const char *hash)
{
    char noted[HASH_SIZE];
    char name[NAME_SIZE];

    name_of(sources, name);
    if (read_note(keep, name, noted, NULL, 0, NULL) &&
        strcmp(noted, hash) == 0) {
        se__statefile_remove(keep->dir, name);
    }
}

static bool get_held(const se__keep *keep, const char *name, int64_t wall_us,
                     se__keep_held *held)
{
    int64_t numbers[3];

    if (!read_note(keep, name, held->hash, numbers, 3, held->why) ||
        !is_fresh(numbers[1], wall_us)) {
        return false;
    }
    held->first_us = numbers[0] < wall_us ? numbers[0] : wall_us;
    held->last_us = numbers[1];
    held->fetches = numbers[2] < INT32_MAX ? (int)numbers[2] : INT32_MAX;
    return true;
}

bool se__keep_held_get(se__keep *keep, const char *sources, int64_t wall_us,
                       se__keep_held *held)
{
    char name[NAME_SIZE];

    name_of(sources, name);
    return get_held(keep, name, wall_us, held);
}

static int is_about_held(const struct dirent *entry)
{
    return strncmp(entry->d_name, HELD, strlen(HELD)) == 0;
}

bool se__keep_is_held(se__keep *keep, int64_t wall_us, const char *hash)
{
    struct dirent **notes = NULL;
    bool found = false;
    int n = 0;

    if (keep->dir != NULL) {
        n = scandir(keep->dir, &notes, is_about_held, NULL);
    }
    for (int i = 0; i < n; i++) {
        se__keep_held held;

        found = found || (get_held(keep, notes[i]->d_name, wall_us, &held) &&
                          strcmp(held.hash, hash) == 0);
        free(notes[i]);
    }
    free(notes);
    return found;
}

void se__keep_accepted_set(se__keep *keep, const char *hash, int64_t wall_us)
{
    char line[HASH_SIZE + 40];

    snprintf(line, sizeof(line), "%s %" PRId64 "\n", hash, wall_us);
    write_note(keep, ACCEPTED, line);
}

bool se__keep_accepted_get(se__keep *keep, int64_t wall_us,
                           char hash[HASH_SIZE])
{
    int64_t when = 0;

    return read_note(keep, ACCEPTED, hash, &when, 1, NULL) &&
           is_fresh(when, wall_us);
}
