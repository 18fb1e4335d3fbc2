/*
 * Retry budget: keeps retries from making an outage worse.
 *
 * Token bucket of 500: a retry costs 5, 10 after a timeout; a success refunds
 * what its last retry cost, else 1. At most 20 % of the active uploads, and at
 * least 3, may be retries at the same time. Atomics; any thread.
 */
#ifndef SE_UPLOADER_BUDGET_H
#define SE_UPLOADER_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>

typedef struct se__budget {
    atomic_int tokens;
    atomic_int active;
    atomic_int retrying;
} se__budget;

void se__budget_init(se__budget *budget);
/*
 * Take a retry and return what it cost; 0: none is to be had (back off, then
 * fail). What was taken ends with se__budget_retry_done().
 */
int se__budget_take(se__budget *budget, bool after_timeout);
void se__budget_retry_done(se__budget *budget);
void se__budget_success(se__budget *budget, int last_cost);

#endif
