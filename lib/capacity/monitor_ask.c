/*
 * What a monitor tells: its role, and what is known of every element.
 */
#include "capacity/monitor.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "capacity/report.h"

const char *se_role_name(se_role role)
{
    static const char *const names[] = {
        [SE_ROLE_UNKNOWN] = "unknown",
        [SE_ROLE_LEADER] = "leader",
        [SE_ROLE_FOLLOWER] = "follower",
    };

    return (unsigned)role < SE__COUNT(names) ? names[role] : "?";
}

se_role se_monitor_role(const se_monitor *monitor)
{
    se_role role = (se_role)atomic_load(&monitor->role);

    /* Its thread may not have come to say so yet. */
    if (role == SE_ROLE_LEADER &&
        se__now_ms() >= atomic_load(&monitor->leads_until)) {
        return SE_ROLE_UNKNOWN;
    }
    return role;
}

const char *se_monitor_instance_id(const se_monitor *monitor)
{
    return monitor->instance_id;
}

se_err se_monitor_poll(se_monitor *monitor, const char *id, se_error *err)
{
    se_topology *topology;
    bool known;
    se_err rc;

    if (!monitor || !id) {
        return se__fail(err, SE_E_INVALID, "there is nobody to ask");
    }
    if (monitor->pid != getpid()) {
        return se__fail(err, SE_E_FORKED, "%s", se_err_text(SE_E_FORKED));
    }
    topology = se_registry_topology(monitor->registry);
    known = topology && se_topology_find(topology, id);
    se_topology_unref(topology);
    if (!known) {
        return se__fail(err, SE_E_NOT_FOUND,
                        "no storage element in force is called \"%s\"", id);
    }
    se__mutex_lock(&monitor->life);
    rc = monitor->started
             ? se__roster_ask(&monitor->roster, id, err)
             : se__fail(err, SE_E_CLOSED, "the monitor is not started");
    se__mutex_unlock(&monitor->life);
    return rc;
}

/* ---- all that is known ---- */

typedef struct known {
    se_topology *topology;
    se__endpoint **endpoints; /* references, in the order of the list */
    size_t count;
} known;

static se_err take_list(se_monitor *monitor, known *list, se_error *err)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(monitor->registry, &slot);
    se_err rc = SE_OK;

    if (!snapshot) {
        return se__fail(err, SE_E_DISCOVERY, "no list of storage elements yet");
    }
    list->topology = se_topology_ref(snapshot->topology);
    list->endpoints = se__zalloc_array(se_topology_count(list->topology),
                                       sizeof(se__endpoint *));
    if (list->endpoints) {
        list->count = se_topology_count(list->topology);
    } else {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for a list");
    }
    for (size_t i = 0; i < list->count; i++) {
        list->endpoints[i] = se__endpoint_ref(snapshot->endpoints[i]);
    }
    se__registry_leave(monitor->registry, slot);
    return rc;
}

static void drop_list(known *list)
{
    for (size_t i = 0; i < list->count; i++) {
        se__endpoint_unref(list->endpoints[i]);
    }
    free(list->endpoints);
    se_topology_unref(list->topology);
}

se_err se_monitor_each(se_monitor *monitor, se_capacity_fn fn, void *user,
                       se_error *err)
{
    known list = {.count = 0};
    se_err rc;

    if (!monitor || !fn) {
        return se__fail(err, SE_E_INVALID, "there is nobody to tell");
    }
    rc = take_list(monitor, &list, err);
    for (size_t i = 0; rc == SE_OK && i < list.count; i++) {
        char problem[SE__PROBLEM_SIZE];
        se_capacity capacity;

        se__endpoint_get_problem(list.endpoints[i], problem, sizeof(problem));
        se__capacity_report(se_topology_at(list.topology, i), list.endpoints[i],
                            problem, se__now_ms(), &capacity);
        fn(user, &capacity);
    }
    drop_list(&list);
    return rc;
}
