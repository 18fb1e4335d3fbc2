/*
 * Capacities from the Admin Module while Redis is away.
 *
 * Its figures are what it would list: nobody says how old they are, so they
 * count as those of a list. An element that we know to be down is not up
 * because the Admin Module says so, and one that is new has not proven itself:
 * they are asked themselves.
 */
#include "capacity/monitor.h"

#include "base/clock.h"

#define ELEMENTS_PER_TURN 16
#define TURN_MS 250
/* A look for the first list costs nothing. */
#define NO_LIST_MS 250

bool se__monitor_has_admin(const se_monitor *monitor, int64_t now)
{
    return monitor->admin && now >= monitor->admin_silent_until;
}

/* Nobody is there, or nobody who would answer: so it is for all elements. */
static bool is_about_all(se_err rc)
{
    return rc != SE_E_NOT_FOUND && rc != SE_E_PROTOCOL && rc != SE_E_INVALID;
}

static bool must_prove_itself(const se__endpoint *endpoint)
{
    return atomic_load(&endpoint->health) == SE_HEALTH_UNHEALTHY ||
           atomic_load(&endpoint->probation);
}

static void take(se_monitor *monitor, se__endpoint *endpoint,
                 const se__admin_figures *figures)
{
    int64_t now = se__now_ms();

    se__endpoint_described(endpoint, figures->total, figures->used, now);
    if (!figures->healthy) {
        se__endpoint_reported(endpoint, SE_HEALTH_UNHEALTHY, now);
    } else if (must_prove_itself(endpoint)) {
        se__roster_ask(&monitor->roster, endpoint->id, NULL);
    } else {
        se__endpoint_reported(endpoint, SE_HEALTH_HEALTHY, now);
    }
}

/* False: it does not answer anybody. */
static bool ask(se_monitor *monitor, se__endpoint *endpoint)
{
    se__admin_figures figures;
    se_error why = SE_ERROR_INIT;
    se_err rc = se__admin_capacity(monitor->admin, endpoint->id,
                                   monitor->call_ms, &figures, &why);

    if (rc == SE_OK && figures.total >= 0) {
        take(monitor, endpoint, &figures);
        return true;
    }
    if (rc != SE_OK && is_about_all(rc)) {
        SE__LOG(&monitor->log, SE_LOG_WARNING, "monitor",
                "Admin Module does not tell capacities",
                SE__LOG_STR("error", why.message));
        return false;
    }
    se__roster_ask(&monitor->roster, endpoint->id, NULL);
    return true;
}

static void pause_admin(se_monitor *monitor)
{
    monitor->admin_at = 0;
    monitor->admin_silent_until = se__now_ms() + monitor->options.poll_base_ms;
}

static void ask_some(se_monitor *monitor, const se_topology *topology)
{
    const se__follower *all = &monitor->follower;
    int64_t end = se__now_ms() + TURN_MS;

    for (int i = 0; i < ELEMENTS_PER_TURN && monitor->admin_at < all->count &&
                    se__now_ms() < end;
         i++) {
        se__endpoint *endpoint = all->elements[monitor->admin_at++].endpoint;
        const se_element *element = se_topology_find(topology, endpoint->id);

        if (element && se__roster_takes_files(element) &&
            !ask(monitor, endpoint)) {
            pause_admin(monitor);
            return;
        }
    }
    if (monitor->admin_at >= all->count) {
        monitor->admin_at = 0;
        monitor->admin_next_ms = se__now_ms() + monitor->options.poll_base_ms;
    }
}

void se__monitor_fall_back(se_monitor *monitor)
{
    int64_t now = se__now_ms();
    se_topology *topology;

    if (!se__monitor_has_admin(monitor, now) || now < monitor->admin_next_ms) {
        return;
    }
    topology = se_registry_topology(monitor->registry);
    if (topology) {
        se__follower_refresh(&monitor->follower, monitor->registry);
        ask_some(monitor, topology);
        se_topology_unref(topology);
    } else {
        int base_ms = monitor->options.poll_base_ms;

        monitor->admin_next_ms =
            now + (base_ms < NO_LIST_MS ? base_ms : NO_LIST_MS);
    }
}
