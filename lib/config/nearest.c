/*
 * The name that somebody meant who wrote another one.
 */
#include "config/config.h"

#include <string.h>

#include "base/error.h"

#define NAME_MAX_LENGTH 64
#define DISTANCE_MAX 4

static int upper(char c)
{
    return c >= 'a' && c <= 'z' ? c - 0x20 : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Letters to put in, take out or replace (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LENGTH + 1];
    size_t length = strlen(b);

    for (size_t k = 0; k <= length; k++) {
        row[k] = k;
    }
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t k = 0; k < length; k++) {
            size_t above = row[k + 1];
            size_t other = upper(a[i]) != upper(b[k]);

            row[k + 1] = least(above + 1, row[k] + 1, diagonal + other);
            diagonal = above;
        }
    }
    return row[length];
}

static void keep_best(const char *name, const char *candidate,
                      const char **best, size_t *far)
{
    size_t d;

    if (!candidate || strlen(candidate) > NAME_MAX_LENGTH) {
        return;
    }
    d = distance(name, candidate);
    if (d < *far) {
        *far = d;
        *best = candidate;
    }
}

const char *se__setting_nearest(const char *name)
{
    const char *best = NULL;
    size_t far = DISTANCE_MAX + 1;

    if (strlen(name) > NAME_MAX_LENGTH) {
        return NULL;
    }
    for (size_t i = 0; i < se__n_settings; i++) {
        keep_best(name, se__settings[i].name, &best, &far);
        keep_best(name, se__settings[i].above, &best, &far);
    }
    return best;
}

se_err se__unknown_setting(const char *name, const char *origin, se_error *err)
{
    const char *nearest = se__setting_nearest(name);

    return se__fail(err, SE_E_CONFIG, "no setting has the name %.64s (%s)%s%s",
                    name, origin, nearest ? "; nearest is " : "",
                    nearest ? nearest : "");
}
