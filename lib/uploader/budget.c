#include "uploader/budget.h"

#define CAPACITY 500
#define COST 5
#define COST_AFTER_TIMEOUT 10
#define MIN_RETRYING 3
#define RETRYING_PERCENT 20

void se__budget_init(se__budget *budget)
{
    atomic_init(&budget->tokens, CAPACITY);
    atomic_init(&budget->active, 0);
    atomic_init(&budget->retrying, 0);
}

static int most_retrying(se__budget *budget)
{
    int share = atomic_load(&budget->active) * RETRYING_PERCENT / 100;

    return share > MIN_RETRYING ? share : MIN_RETRYING;
}

static bool take_place(se__budget *budget)
{
    int retrying = atomic_load(&budget->retrying);

    do {
        if (retrying >= most_retrying(budget)) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&budget->retrying, &retrying,
                                           retrying + 1));
    return true;
}

static bool take_tokens(se__budget *budget, int cost)
{
    int tokens = atomic_load(&budget->tokens);

    do {
        if (tokens < cost) {
            return false;
        }
    } while (
        !atomic_compare_exchange_weak(&budget->tokens, &tokens, tokens - cost));
    return true;
}

int se__budget_take(se__budget *budget, bool after_timeout)
{
    int cost = after_timeout ? COST_AFTER_TIMEOUT : COST;

    if (!take_place(budget)) {
        return 0;
    }
    if (!take_tokens(budget, cost)) {
        se__budget_retry_done(budget);
        return 0;
    }
    return cost;
}

void se__budget_retry_done(se__budget *budget)
{
    atomic_fetch_sub(&budget->retrying, 1);
}

void se__budget_success(se__budget *budget, int last_cost)
{
    int refund = last_cost > 0 ? last_cost : 1;
    int tokens = atomic_load(&budget->tokens);
    int more;

    do {
        more = tokens + refund < CAPACITY ? tokens + refund : CAPACITY;
    } while (!atomic_compare_exchange_weak(&budget->tokens, &tokens, more));
}
