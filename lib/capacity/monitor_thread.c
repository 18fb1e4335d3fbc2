/*
 * The thread of a monitor, turn by turn.
 */
#include "capacity/monitor.h"

#include "base/clock.h"

/* Six looks at the cache in the time in which the leader asks once: what it
 * learns is known here not much later. */
#define READS_PER_POLL 6
#define READ_MOST_MS 5000
/* A large fleet is read at most so often that a thread is busy for 1 %. */
#define READ_MS_PER_ELEMENT 1

#define NEWS_WAITS_MS 20

/* Until more memory is asked for. */
#define STARVED_MS 100

/* ---- does this process poll? ---- */

/* From when on a process without Redis helps itself. */
static int64_t alone_from_ms(const se_monitor *monitor)
{
    const se__lease *lease = &monitor->lease;

    if (monitor->heard_ms == 0) {
        /* There was none yet: whether there is one shows at once. */
        return lease->failures > 0 || !monitor->has_redis ? 0 : SE__NEVER;
    }
    return monitor->heard_ms + lease->ttl_ms - lease->margin_ms;
}

/* Nobody asks for this process, or tells it what others heard. */
static bool is_alone(const se_monitor *monitor, int64_t now)
{
    return monitor->lease.role == SE_ROLE_UNKNOWN &&
           now >= alone_from_ms(monitor);
}

static bool is_to_poll(const se_monitor *monitor, int64_t now)
{
    return monitor->lease.role == SE_ROLE_LEADER ||
           (is_alone(monitor, now) && !se__monitor_has_admin(monitor, now));
}

/* ---- turns ---- */

static int64_t read_interval_ms(const se_monitor *monitor)
{
    int64_t interval = monitor->options.poll_base_ms / READS_PER_POLL;
    int64_t least =
        (int64_t)monitor->follower.count * READ_MS_PER_ELEMENT / READS_PER_POLL;

    interval = interval < READ_MOST_MS ? interval : READ_MOST_MS;
    interval = interval > least ? interval : least;
    return interval > 0 ? interval : 1;
}

static void read_cache(se_monitor *monitor)
{
    if (monitor->lease.role == SE_ROLE_FOLLOWER &&
        se__now_ms() >= monitor->next_read_ms) {
        se__monitor_follow(monitor);
        monitor->next_read_ms = se__now_ms() + read_interval_ms(monitor);
    }
}

static void turn(se_monitor *monitor)
{
    se__monitor_tick(monitor);
    if (monitor->has_redis && se__now_ms() >= monitor->lease.next_ms) {
        se__monitor_elect(monitor);
    }
    se__monitor_share(monitor);
    se__monitor_sweep(monitor);
    read_cache(monitor);
    if (is_alone(monitor, se__now_ms())) {
        se__monitor_fall_back(monitor);
    }
    se__roster_poll(&monitor->roster, is_to_poll(monitor, se__now_ms()));
    if (se__roster_is_starved(&monitor->roster)) {
        se__roster_changed(&monitor->roster);
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Of one that is alone: to ask the Admin Module, or to ask it again. */
static int64_t fallback_wake_ms(const se_monitor *monitor, int64_t now)
{
    if (!monitor->admin) {
        return SE__NEVER;
    }
    return se__monitor_has_admin(monitor, now) ? monitor->admin_next_ms
                                               : monitor->admin_silent_until;
}

static int64_t wake_ms(const se_monitor *monitor)
{
    const se__lease *lease = &monitor->lease;
    int64_t now = se__now_ms();
    int64_t at = monitor->has_redis ? se__lease_wake_ms(lease)
                                    : now + monitor->options.poll_base_ms;

    if (lease->role == SE_ROLE_FOLLOWER) {
        at = least(at, monitor->next_read_ms);
    }
    if (is_alone(monitor, now)) {
        at = least(at, fallback_wake_ms(monitor, now));
    } else if (lease->role == SE_ROLE_UNKNOWN) {
        at = least(at, alone_from_ms(monitor));
    }
    return se__roster_is_starved(&monitor->roster) ? least(at, now + STARVED_MS)
                                                   : at;
}

/* News waits for more of it: answers come in swarms. */
static int64_t news_wake_ms_locked(const se_monitor *monitor)
{
    return monitor->news.count > 0 ? monitor->news_since_ms + NEWS_WAITS_MS
                                   : SE__NEVER;
}

/* False: it ends. */
static bool wait_for_turn(se_monitor *monitor)
{
    int64_t at = wake_ms(monitor);
    bool goes_on;

    se__mutex_lock(&monitor->lock);
    while (!monitor->stopping &&
           se__cond_wait(&monitor->wake, &monitor->lock,
                         least(at, news_wake_ms_locked(monitor)))) {
    }
    goes_on = !monitor->stopping;
    se__mutex_unlock(&monitor->lock);
    return goes_on;
}

void se__monitor_run(void *argument)
{
    se_monitor *monitor = argument;

    se__lease_init(&monitor->lease, monitor->options.lease_ttl_ms,
                   monitor->options.lease_renewal_ms, se__now_ms());
    monitor->heard_ms = 0;
    monitor->next_read_ms = 0;
    monitor->admin_at = 0;
    monitor->admin_next_ms = 0;
    monitor->admin_silent_until = 0;
    do {
        turn(monitor);
    } while (wait_for_turn(monitor));
    se__monitor_resign(monitor);
}
