#include "registry/guard.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define SMALL_FLEET 2
#define RUBBISH_SHARE 5 /* more than one in so many */
#define CONFIRM_FETCHES 3
/* Two intervals, each of which may be a tenth shorter. */
#define CONFIRM_AFTER(interval_ms) ((interval_ms)*18 / 10)
#define WARN_EVERY_MS 60000

/* ---- what is suspicious ---- */

static bool is_writable(const se_element *element)
{
    se_mode mode = se_element_mode(element);

    return se_element_available(element) &&
           (mode == SE_MODE_EDIT || mode == SE_MODE_RW);
}

static size_t count_mode(const se_topology *topology, se_mode mode)
{
    size_t count = se_topology_count(topology);
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        const se_element *element = se_topology_at(topology, i);

        n += is_writable(element) && se_element_mode(element) == mode;
    }
    return n;
}

/* Writable before and not any more. */
static size_t count_gone(const se_topology *before, const se_topology *after)
{
    size_t count = se_topology_count(before);
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        const se_element *was = se_topology_at(before, i);
        const se_element *now = NULL;

        if (is_writable(was)) {
            now = se_topology_find(after, se_element_id(was));
            n += now == NULL || !is_writable(now);
        }
    }
    return n;
}

se__suspicion se__guard_judge(const se_topology *before,
                              const se_topology *after,
                              char why[SE__GUARD_WHY_SIZE])
{
    static const se_mode modes[] = {SE_MODE_EDIT, SE_MODE_RW};
    size_t writable = 0;
    size_t gone;

    why[0] = '\0';
    if (se_topology_count(after) == 0) {
        snprintf(why, SE__GUARD_WHY_SIZE, "the list is empty");
        return SE__EMPTY;
    }
    if (before == NULL) {
        return SE__FINE;
    }
    for (size_t i = 0; i < 2; i++) {
        size_t n = count_mode(before, modes[i]);

        writable += n;
        if (n > 0 && count_mode(after, modes[i]) == 0) {
            snprintf(why, SE__GUARD_WHY_SIZE,
                     "it leaves no element of mode %s, of %zu",
                     se_mode_name(modes[i]), n);
            return SE__LAST_OF_MODE;
        }
    }
    gone = count_gone(before, after);
    if (writable <= SMALL_FLEET || gone * 2 <= writable) {
        return SE__FINE;
    }
    snprintf(why, SE__GUARD_WHY_SIZE,
             "it takes away %zu of %zu elements that take files", gone,
             writable);
    return SE__HALF_GONE;
}

bool se__guard_is_rubbish(const se_topology *topology)
{
    size_t bad = se_topology_rejected_count(topology);

    return bad * RUBBISH_SHARE > bad + se_topology_count(topology);
}

/* ---- what is held ---- */

void se__guard_init(se__guard *guard, int64_t interval_ms)
{
    memset(guard, 0, sizeof(*guard));
    guard->interval_ms = interval_ms;
}

bool se__guard_is_holding(const se__guard *guard)
{
    return guard->hash[0] != '\0';
}

void se__guard_drop(se__guard *guard)
{
    se__guard_init(guard, guard->interval_ms);
}

void se__guard_hold(se__guard *guard, const se_topology *list, const char *why,
                    bool fetched, int64_t now)
{
    const char *hash = se_topology_hash(list);

    if (strcmp(guard->hash, hash) != 0) {
        se__guard_drop(guard);
        se__copy_text(guard->hash, sizeof(guard->hash), hash);
        guard->first_ms = now;
        guard->warn_ms = now;
    }
    guard->empty = se_topology_count(list) == 0;
    se__copy_text(guard->why, sizeof(guard->why), why);
    guard->fetches += fetched;
}

bool se__guard_is_confirmed(const se__guard *guard, int64_t now)
{
    return se__guard_is_holding(guard) && !guard->empty &&
           guard->fetches >= CONFIRM_FETCHES &&
           now - guard->first_ms >= CONFIRM_AFTER(guard->interval_ms);
}

bool se__guard_has_to_warn(se__guard *guard, int64_t now)
{
    if (!se__guard_is_holding(guard) || now < guard->warn_ms) {
        return false;
    }
    guard->warn_ms = se__deadline(now, WARN_EVERY_MS);
    return true;
}
