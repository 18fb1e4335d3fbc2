/*
 * Values as people write them: numbers, sizes, durations.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

static bool parse_with_unit(const char *text, const unit *units, size_t n,
                            int64_t *out)
{
    char *end = NULL;
    long long value;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(end, units[i].name) == 0) {
            return !__builtin_mul_overflow(value, units[i].factor, out);
        }
    }
    return false;
}

bool cli_parse_number(const char *text, int64_t low, int64_t high, int64_t *out)
{
    static const unit none[] = {{"", 1}};
    int64_t value;

    if (!parse_with_unit(text, none, 1, &value) || value < low ||
        value > high) {
        return false;
    }
    *out = value;
    return true;
}

bool cli_parse_size(const char *text, int64_t *bytes)
{
    static const unit units[] = {
        {"", 1},
        {"B", 1},
        {"k", 1000},
        {"K", 1000},
        {"M", 1000000},
        {"G", 1000000000},
        {"T", 1000000000000},
        {"Ki", INT64_C(1) << 10},
        {"Mi", INT64_C(1) << 20},
        {"Gi", INT64_C(1) << 30},
        {"Ti", INT64_C(1) << 40},
    };

    return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]),
                           bytes);
}

bool cli_parse_duration(const char *text, int64_t *ms)
{
    static const unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

    return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ms);
}
