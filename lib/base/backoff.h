/*
 * Exponential backoff with full jitter. A pure function.
 */
#ifndef SE_BASE_BACKOFF_H
#define SE_BASE_BACKOFF_H

#include <stdint.h>

/*
 * Milliseconds to wait before try number `attempt` (1 = the first retry):
 * uniform in [0, min(max, base * 2^(attempt-1))], drawn from `random`. 0 if
 * base or max is not above 0.
 */
int64_t se__backoff_ms(int64_t base_ms, int64_t max_ms, unsigned attempt,
                       uint64_t random);
/* value +- percent, drawn from `random`; percent 0 to 100. */
int64_t se__jitter_ms(int64_t value_ms, int percent, uint64_t random);

#endif
