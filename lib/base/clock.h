/*
 * Time. Deadlines are absolute monotonic milliseconds; policies take `now` as a
 * parameter and never read a clock.
 */
#ifndef SE_BASE_CLOCK_H
#define SE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define SE__NEVER INT64_MAX

int64_t se__now_ms(void);  /* monotonic */
int64_t se__now_us(void);  /* monotonic */
int64_t se__wall_us(void); /* microseconds since 1970, UTC */

/* now + ms, SE__NEVER for ms < 0, saturating. */
int64_t se__deadline(int64_t now_ms, int64_t ms);
/* Milliseconds left, 0 if past; capped to INT_MAX, also for SE__NEVER. */
int se__time_left(int64_t deadline_ms, int64_t now_ms);

/* "2026-01-01T00:00:00.000001Z", always six digits; size >= 28. Years beyond 0
 * to 9999 are cut to the first or last moment of these. */
#define SE__RFC3339_SIZE 28
void se__format_rfc3339(char *out, size_t size, int64_t wall_us);
/* The same with "+00:00" as artStore writes it (wire-contract 3.8), without
 * fraction on a whole second; size >= 33. */
#define SE__RFC3339_OFFSET_SIZE 33
void se__format_rfc3339_offset(char *out, size_t size, int64_t wall_us);

#endif
