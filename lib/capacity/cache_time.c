/*
 * Moments as the original writes them.
 */
#include "capacity/cache.h"

#include <string.h>

#include "base/text.h"

#define US_PER_S 1000000

/* Days since 1970 in the Gregorian calendar; years begin in March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t of_year;

    year -= month <= 2;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

static bool number(const char *text, size_t digits, int64_t most, int64_t *out)
{
    return strspn(text, "0123456789") >= digits &&
           se__parse_int64(text, digits, out) && *out <= most;
}

/* ".860104", or nothing; what stands behind it. */
static const char *fraction(const char *text, int64_t *us)
{
    int64_t unit = US_PER_S;

    *us = 0;
    if (*text != '.') {
        return text;
    }
    for (text++; *text >= '0' && *text <= '9'; text++) {
        unit /= 10;
        *us += unit * (*text - '0');
    }
    return text;
}

bool se__cache_time(const char *text, int64_t *us)
{
    static const struct {
        size_t at, digits;
        int64_t most;
        char before;
    } parts[] = {{0, 4, 9999, 0},  {5, 2, 12, '-'},  {8, 2, 31, '-'},
                 {11, 2, 23, 'T'}, {14, 2, 59, ':'}, {17, 2, 60, ':'}};
    int64_t value[6];
    int64_t part;
    const char *rest;

    for (size_t i = 0; i < 6; i++) {
        if ((parts[i].before && text[parts[i].at - 1] != parts[i].before) ||
            !number(text + parts[i].at, parts[i].digits, parts[i].most,
                    &value[i])) {
            return false;
        }
    }
    rest = fraction(text + 19, &part);
    if (value[0] < 1970 || value[1] < 1 || value[2] < 1 ||
        (strcmp(rest, "+00:00") != 0 && strcmp(rest, "Z") != 0)) {
        return false;
    }
    *us = ((days_of(value[0], value[1], value[2]) * 24 + value[3]) * 3600 +
           value[4] * 60 + value[5]) *
              US_PER_S +
          part;
    return true;
}
