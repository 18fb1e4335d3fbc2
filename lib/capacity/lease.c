#include "capacity/lease.h"

#include "base/backoff.h"

#define MARGIN_LEAST_MS 1000
#define MARGIN_PART 6
/* Of a lease that is shorter than any in service. */
#define MARGIN_MOST_PART 3
#define RETRY_BASE_MS 100

static int margin_of(int ttl_ms)
{
    int margin = ttl_ms / MARGIN_PART;
    int most = ttl_ms / MARGIN_MOST_PART;

    margin = margin < MARGIN_LEAST_MS ? MARGIN_LEAST_MS : margin;
    return margin < most ? margin : most;
}

void se__lease_init(se__lease *lease, int ttl_ms, int renewal_ms, int64_t now)
{
    *lease = (se__lease){
        .ttl_ms = ttl_ms,
        .renewal_ms = renewal_ms,
        .margin_ms = margin_of(ttl_ms),
        .role = SE_ROLE_UNKNOWN,
        .next_ms = now,
    };
}

int64_t se__lease_until_ms(const se__lease *lease)
{
    return lease->role == SE_ROLE_LEADER
               ? lease->granted_ms + lease->ttl_ms - lease->margin_ms
               : 0;
}

bool se__lease_holds(const se__lease *lease, int64_t now)
{
    return now < se__lease_until_ms(lease);
}

int64_t se__lease_wake_ms(const se__lease *lease)
{
    int64_t until = se__lease_until_ms(lease);

    return until != 0 && until < lease->next_ms ? until : lease->next_ms;
}

se__lease_event se__lease_tick(se__lease *lease, int64_t now)
{
    if (lease->role != SE_ROLE_LEADER || se__lease_holds(lease, now)) {
        return SE__LEASE_SAME;
    }
    lease->role = SE_ROLE_UNKNOWN;
    return SE__LEASE_GIVEN_UP;
}

static se__lease_event granted(se__lease *lease, int64_t sent_ms, int64_t now)
{
    bool held = lease->role == SE_ROLE_LEADER;

    lease->failures = 0;
    if (now >= sent_ms + lease->ttl_ms - lease->margin_ms) {
        /* Too late to be worth anything: ask again. */
        lease->next_ms = now;
        return se__lease_tick(lease, now);
    }
    lease->role = SE_ROLE_LEADER;
    lease->granted_ms = sent_ms;
    lease->next_ms = sent_ms + lease->renewal_ms;
    return held ? SE__LEASE_RENEWED : SE__LEASE_ACQUIRED;
}

static se__lease_event denied(se__lease *lease, int64_t sent_ms, int64_t now)
{
    bool held = lease->role == SE_ROLE_LEADER;

    lease->failures = 0;
    lease->role = SE_ROLE_FOLLOWER;
    /* It may just have run out, and be free. */
    lease->next_ms = held ? now : sent_ms + lease->renewal_ms;
    return held ? SE__LEASE_LOST : SE__LEASE_SAME;
}

static se__lease_event failed(se__lease *lease, int64_t now, uint64_t random)
{
    lease->failures++;
    lease->next_ms = now + 1 +
                     se__backoff_ms(RETRY_BASE_MS, lease->renewal_ms,
                                    lease->failures, random);
    if (lease->role == SE_ROLE_LEADER) {
        return se__lease_tick(lease, now);
    }
    lease->role = SE_ROLE_UNKNOWN;
    return SE__LEASE_SAME;
}

se__lease_event se__lease_take(se__lease *lease, se__lease_answer answer,
                               int64_t sent_ms, int64_t now, uint64_t random)
{
    switch (answer) {
    case SE__LEASE_GRANTED:
        return granted(lease, sent_ms, now);
    case SE__LEASE_DENIED:
        return denied(lease, sent_ms, now);
    case SE__LEASE_FAILED:
        break;
    }
    return failed(lease, now, random);
}

void se__lease_drop(se__lease *lease)
{
    lease->role = SE_ROLE_UNKNOWN;
}
