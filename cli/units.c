/*
 * Amounts as people read them.
 */
#include "units.h"

#include <stdio.h>

void units_bytes(char out[UNITS_SIZE], int64_t bytes)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;

    if (bytes < 0) {
        snprintf(out, UNITS_SIZE, "-");
        return;
    }
    /* 1023.96 would be printed as 1024.0. */
    while (value >= 1023.95 && unit + 1 < sizeof(names) / sizeof(names[0])) {
        value /= 1024;
        unit++;
    }
    snprintf(out, UNITS_SIZE, unit == 0 ? "%.0f %s" : "%.1f %s", value,
             names[unit]);
}

void units_duration(char out[UNITS_SIZE], int64_t ms)
{
    if (ms < 0) {
        snprintf(out, UNITS_SIZE, "-");
    } else if (ms < 1000) {
        snprintf(out, UNITS_SIZE, "%lld ms", (long long)ms);
    } else if (ms < 60000) {
        snprintf(out, UNITS_SIZE, "%.1f s", (double)ms / 1000);
    } else {
        snprintf(out, UNITS_SIZE, "%lld min %02lld s", (long long)(ms / 60000),
                 (long long)(ms / 1000 % 60));
    }
}
