/*
 * What keeps files away from an endpoint: health, full, set aside, ejected.
 */
#include "topology/endpoint.h"

#include "base/backoff.h"
#include "base/clock.h"

#define FULL_FIRST_MS 60000
#define FULL_MOST_MS 600000
/* Doubling so often reaches the most. */
#define FULL_STEPS 4
/* Used for 98 %: free is at most a fiftieth. */
#define FULL_FREE_PART 50

#define EJECT_AFTER_FAULTS 5
#define EJECT_STEP_MS 30000
#define EJECT_MOST_MS 300000
#define EJECT_JITTER_PERCENT 10

/* ---- health ---- */

static void become_unhealthy(se__endpoint *endpoint, int64_t now)
{
    int64_t up = 0;

    atomic_store(&endpoint->health, SE_HEALTH_UNHEALTHY);
    atomic_store(&endpoint->health_ms, now);
    /* Of many threads one begins the outage. */
    if (atomic_compare_exchange_strong(&endpoint->down_since_ms, &up,
                                       now > 0 ? now : 1)) {
        atomic_store(&endpoint->down_told, false);
        se__endpoint_table_tell_down(endpoint->table, now);
    }
}

static void become(se__endpoint *endpoint, se_health says)
{
    atomic_store(&endpoint->health, says);
    atomic_store(&endpoint->down_since_ms, 0);
}

void se__endpoint_answered(se__endpoint *endpoint, se_health says, int64_t now)
{
    bool down = atomic_load(&endpoint->health) == SE_HEALTH_UNHEALTHY;
    int answers;

    atomic_store(&endpoint->misses, 0);
    atomic_store(&endpoint->known, true);
    if (says == SE_HEALTH_UNHEALTHY) {
        atomic_store(&endpoint->answers, 0);
        become_unhealthy(endpoint, now);
        return;
    }
    answers = atomic_fetch_add(&endpoint->answers, 1) + 1;
    if (down ? answers >= se__endpoint_rules(endpoint).recoveries
             : says != SE_HEALTH_UNKNOWN) {
        become(endpoint, says);
    }
    if (says != SE_HEALTH_UNKNOWN) {
        atomic_store(&endpoint->probation, false);
    }
}

void se__endpoint_unanswered(se__endpoint *endpoint, int64_t now)
{
    int misses = atomic_fetch_add(&endpoint->misses, 1) + 1;

    atomic_store(&endpoint->answers, 0);
    if (misses >= se__endpoint_rules(endpoint).failures ||
        !atomic_load(&endpoint->known)) {
        become_unhealthy(endpoint, now);
    }
}

bool se__endpoint_is_down(const se__endpoint *endpoint, int64_t now)
{
    return atomic_load(&endpoint->health) == SE_HEALTH_UNHEALTHY &&
           now - atomic_load(&endpoint->health_ms) <
               se__endpoint_rules(endpoint).news_ms;
}

void se__endpoint_reported(se__endpoint *endpoint, se_health health,
                           int64_t now)
{
    if (health == SE_HEALTH_UNKNOWN) {
        return;
    }
    atomic_store(&endpoint->known, true);
    if (health == SE_HEALTH_UNHEALTHY) {
        become_unhealthy(endpoint, now);
        return;
    }
    atomic_store(&endpoint->misses, 0);
    atomic_store(&endpoint->probation, false);
    become(endpoint, health);
}

void se__endpoint_moved(se__endpoint *endpoint)
{
    become(endpoint, SE_HEALTH_UNKNOWN);
    atomic_store(&endpoint->misses, 0);
    atomic_store(&endpoint->answers, 0);
    atomic_store(&endpoint->known, false);
    atomic_store(&endpoint->asked_ms, 0);
    atomic_store(&endpoint->expect_ignored, false);
    atomic_store(&endpoint->info_only, false);
    atomic_store(&endpoint->set_aside_until_ms, 0);
    atomic_store(&endpoint->ejected_until_ms, 0);
    atomic_store(&endpoint->ejections, 0);
    atomic_store(&endpoint->faults, 0);
}

/* ---- full ---- */

static int64_t full_duration(int step)
{
    int64_t duration = FULL_FIRST_MS;

    for (int i = 0; i < step && duration < FULL_MOST_MS; i++) {
        duration *= 2;
    }
    return duration < FULL_MOST_MS ? duration : FULL_MOST_MS;
}

/* Still full after a mark has ended, and was not cleared: twice as long. */
static int next_step_locked(const se__endpoint *endpoint, int64_t now)
{
    int64_t until = atomic_load(&endpoint->full_until_ms);
    int step = atomic_load(&endpoint->full_step);

    if (until == 0 || now - until >= FULL_MOST_MS) {
        return 0;
    }
    return step < FULL_STEPS ? step + 1 : step;
}

void se__endpoint_mark_full(se__endpoint *endpoint, int64_t bytes, int64_t now)
{
    int64_t before;
    int64_t until;
    int step;

    bytes = bytes > 0 ? bytes : 0;
    se__endpoint_table_lock(endpoint->table);
    before = atomic_load(&endpoint->full_bytes);
    step = atomic_load(&endpoint->full_step);
    if (now >= atomic_load(&endpoint->full_until_ms)) {
        step = next_step_locked(endpoint, now);
    } else if (bytes > before) {
        /* Uploads that were under way together end together: one mark. */
        bytes = before;
    }
    until = se__deadline(now, full_duration(step));
    atomic_store(&endpoint->full_step, step);
    atomic_store(&endpoint->full_since_ms, now);
    atomic_store(&endpoint->full_bytes, bytes);
    atomic_store(&endpoint->full_until_ms, until);
    se__endpoint_table_unlock(endpoint->table);
}

static bool is_nearly_full(const se__endpoint *endpoint)
{
    int64_t used = atomic_load(&endpoint->used);
    int64_t total = atomic_load(&endpoint->total);

    return total >= 0 && used >= 0 &&
           (used >= total || total - used <= total / FULL_FREE_PART);
}

bool se__endpoint_is_full(const se__endpoint *endpoint, int64_t bytes,
                          int64_t now)
{
    return (now < atomic_load(&endpoint->full_until_ms) &&
            (bytes < 1 || bytes >= atomic_load(&endpoint->full_bytes))) ||
           is_nearly_full(endpoint);
}

/* ---- set aside, ejected ---- */

void se__endpoint_set_aside(se__endpoint *endpoint, int64_t until_ms)
{
    int64_t before = atomic_load(&endpoint->set_aside_until_ms);

    while (until_ms > before &&
           !atomic_compare_exchange_weak(&endpoint->set_aside_until_ms, &before,
                                         until_ms)) {
    }
}

static int64_t ejection_duration(int ejections, uint64_t random)
{
    int64_t duration = ejections < EJECT_MOST_MS / EJECT_STEP_MS
                           ? (int64_t)ejections * EJECT_STEP_MS
                           : EJECT_MOST_MS;

    return se__jitter_ms(duration, EJECT_JITTER_PERCENT, random);
}

/* What was on its way while another one ejected it does not do so again. */
static void eject_locked(se__endpoint *endpoint, int64_t now, uint64_t random)
{
    int ejections;

    if (!se__endpoint_is_ejected(endpoint, now)) {
        ejections = atomic_fetch_add(&endpoint->ejections, 1) + 1;
        atomic_store(&endpoint->ejected_until_ms,
                     now + ejection_duration(ejections, random));
    }
    atomic_store(&endpoint->faults, 0);
}

void se__endpoint_fault(se__endpoint *endpoint, int64_t now, uint64_t random)
{
    /* Of many threads exactly one brings the count to its limit. */
    if (se__endpoint_is_ejected(endpoint, now) ||
        atomic_fetch_add(&endpoint->faults, 1) + 1 != EJECT_AFTER_FAULTS) {
        return;
    }
    se__endpoint_table_lock(endpoint->table);
    eject_locked(endpoint, now, random);
    se__endpoint_table_unlock(endpoint->table);
}

void se__endpoint_success(se__endpoint *endpoint)
{
    atomic_store(&endpoint->faults, 0);
    atomic_store(&endpoint->ejections, 0);
    atomic_store(&endpoint->ejected_until_ms, 0);
}

bool se__endpoint_is_ejected(const se__endpoint *endpoint, int64_t now)
{
    return now < atomic_load(&endpoint->ejected_until_ms);
}
