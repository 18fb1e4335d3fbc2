#include "registry/age.h"

#include <stdint.h>
#include <string.h>

/* n digits at `at`; below 0: there are not so many. */
static int64_t digits(const char *at, size_t n)
{
    int64_t value = 0;

    for (size_t i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        value = 10 * value + (at[i] - '0');
    }
    return value;
}

/* Days since a day before all, in the calendar that all use. */
static int64_t day_number(int64_t year, int64_t month, int64_t day)
{
    if (month <= 2) {
        year--;
        month += 12;
    }
    return 365 * year + year / 4 - year / 100 + year / 400 +
           (153 * (month - 3) + 2) / 5 + day;
}

/* ".123456" of a second, in microseconds; more digits are cut off. */
static int64_t fraction(const char **at)
{
    int64_t micros = 0;
    int n = 0;

    if (**at != '.') {
        return 0;
    }
    (*at)++;
    for (; **at >= '0' && **at <= '9'; (*at)++, n++) {
        if (n < 6) {
            micros = 10 * micros + (**at - '0');
        }
    }
    for (; n < 6; n++) {
        micros *= 10;
    }
    return micros;
}

/* "Z", "+01:00", or nothing, which is UTC here; false: something else. */
static bool offset(const char *at, int64_t *minutes)
{
    *minutes = 0;
    if (*at == '\0' || strcmp(at, "Z") == 0) {
        return true;
    }
    if ((*at != '+' && *at != '-') || strlen(at) != 6 || at[3] != ':' ||
        digits(at + 1, 2) < 0 || digits(at + 4, 2) < 0) {
        return false;
    }
    *minutes = 60 * digits(at + 1, 2) + digits(at + 4, 2);
    *minutes = *at == '-' ? -*minutes : *minutes;
    return true;
}

/* RFC 3339, with or without zone (wire-contract 1.3, 1.9). */
static bool parse(const char *text, int64_t *micros)
{
    static const struct {
        size_t at, n;
    } fields[] = {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}};
    int64_t value[6];
    const char *rest = text + 19;
    int64_t minutes;

    if (strlen(text) < 19) {
        return false;
    }
    for (size_t i = 0; i < 6; i++) {
        value[i] = digits(text + fields[i].at, fields[i].n);
        if (value[i] < 0) {
            return false;
        }
    }
    *micros = fraction(&rest);
    if (!offset(rest, &minutes)) {
        return false;
    }
    *micros +=
        1000000 * (86400 * day_number(value[0], value[1], value[2]) +
                   3600 * value[3] + 60 * (value[4] - minutes) + value[5]);
    return true;
}

int se__age_compare(const se_topology *a, const se_topology *b)
{
    int64_t at[2];

    if (!parse(se_topology_timestamp(a), &at[0]) ||
        !parse(se_topology_timestamp(b), &at[1])) {
        return 0;
    }
    return (at[0] > at[1]) - (at[0] < at[1]);
}

bool se__age_is_restart(const se_topology *before, const se_topology *after)
{
    return se_topology_version(after) > 0 &&
           se_topology_version(after) < se_topology_version(before) &&
           se__age_compare(before, after) < 0;
}
