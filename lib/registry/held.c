/*
 * Notes about a list that is held back, beside the last good one: so that it
 * stays so after a restart, and so that another process can accept it.
 *
 * A note is one line: hash, times in microseconds of the wall clock, a count.
 */
#include "registry/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "registry/statefile.h"

#define HELD "topology-held"
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

/* A hash and n numbers; false: there is no such note. */
static bool read_note(const se__keep *keep, const char *name,
                      char hash[HASH_SIZE], int64_t *numbers, size_t n)
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
    }
    free(text);
    return good;
}

static bool is_fresh(int64_t noted_us, int64_t wall_us)
{
    return wall_us - noted_us < SE__KEEP_MS * US_PER_MS;
}

void se__keep_held_set(se__keep *keep, const se__keep_held *held)
{
    char line[HASH_SIZE + 100];

    snprintf(line, sizeof(line), "%s %" PRId64 " %" PRId64 " %d %" PRId64 "\n",
             held->hash, held->first_us, held->last_us, held->fetches,
             held->whose);
    write_note(keep, HELD, line);
}

void se__keep_held_clear(se__keep *keep, const char *hash)
{
    char noted[HASH_SIZE];

    if (read_note(keep, HELD, noted, NULL, 0) && strcmp(noted, hash) == 0) {
        se__statefile_remove(keep->dir, HELD);
    }
}

bool se__keep_held_get(se__keep *keep, int64_t wall_us, se__keep_held *held)
{
    int64_t numbers[4];

    if (!read_note(keep, HELD, held->hash, numbers, 4) ||
        !is_fresh(numbers[1], wall_us)) {
        return false;
    }
    held->first_us = numbers[0] < wall_us ? numbers[0] : wall_us;
    held->last_us = numbers[1];
    held->fetches = numbers[2] < INT32_MAX ? (int)numbers[2] : INT32_MAX;
    held->whose = numbers[3];
    return true;
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

    return read_note(keep, ACCEPTED, hash, &when, 1) && is_fresh(when, wall_us);
}
