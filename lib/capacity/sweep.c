/*
 * What a new leader finds in the sets of the available: members that are not
 * in its list were left there by one that never learnt that they went.
 */
#include "capacity/monitor.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* KEYS: the sets, lock. ARGV: 1 holder, 2 and on: the ids that may stay. */
static const char sweep_script[] =
    "if redis.call('GET', KEYS[3]) ~= ARGV[1] then return -1 end\n"
    "local known = {}\n"
    "for i = 2, #ARGV do known[ARGV[i]] = true end\n"
    "for i = 1, 2 do\n"
    " for _, id in ipairs(redis.call('ZRANGE', KEYS[i], 0, -1)) do\n"
    "  if not known[id] then redis.call('ZREM', KEYS[i], id) end\n"
    " end\n"
    "end\n"
    "return 1";

#define N_WORDS 7

static se_err sweep(se_monitor *monitor, const se_topology *topology,
                    se_error *err)
{
    size_t count = se_topology_count(topology);
    const char **words = se__zalloc_array(N_WORDS + count, sizeof(*words));
    se__redis_reply *reply = NULL;
    int n = 0;
    se_err rc;

    if (!words) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a list of ids");
    }
    words[n++] = "EVAL";
    words[n++] = sweep_script;
    words[n++] = "3";
    words[n++] = SE__EDIT_SET;
    words[n++] = SE__RW_SET;
    words[n++] = monitor->options.lock_key;
    words[n++] = monitor->instance_id;
    for (size_t i = 0; i < count; i++) {
        const se_element *element = se_topology_at(topology, i);

        if (se__roster_takes_files(element)) {
            words[n++] = se_element_id(element);
        }
    }
    rc = se__redis_command(monitor->redis, n, words,
                           se__deadline(se__now_ms(), monitor->call_ms), &reply,
                           err);
    se__redis_reply_free(reply);
    free(words);
    return rc;
}

void se__monitor_sweep(se_monitor *monitor)
{
    se_topology *topology;
    se_error why = SE_ERROR_INIT;
    se_err rc;

    if (!monitor->sweep_due || !monitor->redis ||
        !se__lease_holds(&monitor->lease, se__now_ms())) {
        return;
    }
    topology = se_registry_topology(monitor->registry);
    if (!topology) {
        return; /* when there is a list */
    }
    rc = sweep(monitor, topology, &why);
    /* What Redis refuses once it would refuse again. */
    monitor->sweep_due = rc == SE_E_NOMEM;
    if (rc != SE_OK && se__redis_is_broken(monitor->redis)) {
        se__monitor_redis_failed(monitor, &why);
    }
    se_topology_unref(topology);
}
