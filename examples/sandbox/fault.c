#include "fault.h"

#include <stdlib.h>
#include <string.h>

#define BIT(when) (1u << (when))
#define ANYWHERE                                                               \
    (BIT(SANDBOX_BEFORE_BODY) | BIT(SANDBOX_DURING_BODY) |                     \
     BIT(SANDBOX_AFTER_BODY) | BIT(SANDBOX_AFTER_STORE))

/* Where an action makes sense, and where it strikes if told elsewhere. */
static const struct {
    unsigned allowed;
    sandbox_when otherwise;
} places[] = {
    [SANDBOX_NO_100] = {BIT(SANDBOX_BEFORE_BODY), SANDBOX_BEFORE_BODY},
    [SANDBOX_EXPECT_417] = {BIT(SANDBOX_BEFORE_BODY), SANDBOX_BEFORE_BODY},
    [SANDBOX_CORRUPT] = {BIT(SANDBOX_BEFORE_BODY) | BIT(SANDBOX_DURING_BODY),
                         SANDBOX_BEFORE_BODY},
    [SANDBOX_WRONG_CHECKSUM] = {BIT(SANDBOX_AFTER_STORE), SANDBOX_AFTER_STORE},
    [SANDBOX_NO_CHECKSUM] = {BIT(SANDBOX_AFTER_STORE), SANDBOX_AFTER_STORE},
    [SANDBOX_GARBAGE] = {BIT(SANDBOX_AFTER_BODY) | BIT(SANDBOX_AFTER_STORE),
                         SANDBOX_AFTER_STORE},
    [SANDBOX_STATUS] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_CLOSE] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_RESET] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_STALL] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_SLOW] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_ENDLESS] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_ENDLESS_HEADERS] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_FLOOD_1XX] = {ANYWHERE, SANDBOX_BEFORE_BODY},
    [SANDBOX_NO_FAULT] = {ANYWHERE, SANDBOX_BEFORE_BODY},
};

static void fault_free(sb_fault *fault)
{
    free(fault->body);
    free(fault->header);
    free(fault);
}

void sb_fault_unref(sb_fault *fault)
{
    if (fault && atomic_fetch_sub(&fault->refs, 1) == 1) {
        fault_free(fault);
    }
}

/* NULL stays NULL; false: out of memory. */
static bool copy_string(char **out, const char *string)
{
    *out = string ? strdup(string) : NULL;
    return *out || !string;
}

static sb_fault *fault_new(const sandbox_fault *what)
{
    sb_fault *fault;

    if ((size_t)what->action >= sizeof(places) / sizeof(*places) ||
        (unsigned)what->when > SANDBOX_AFTER_STORE) {
        return NULL;
    }
    fault = calloc(1, sizeof(*fault));
    if (!fault) {
        return NULL;
    }
    atomic_init(&fault->refs, 1);
    if (!copy_string(&fault->body, what->body) ||
        !copy_string(&fault->header, what->header)) {
        fault_free(fault);
        return NULL;
    }
    fault->what = *what;
    fault->what.body = fault->body;
    fault->what.header = fault->header;
    if (!(places[what->action].allowed & BIT(what->when))) {
        fault->what.when = places[what->action].otherwise;
    }
    return fault;
}

bool sb_faults_add(sb_faults *faults, const sandbox_fault *what)
{
    sb_fault **end = &faults->first;
    sb_fault *fault = fault_new(what);

    if (!fault) {
        return false;
    }
    while (*end) {
        end = &(*end)->next;
    }
    fault->serial = ++faults->last_serial;
    *end = fault;
    return true;
}

void sb_faults_clear(sb_faults *faults)
{
    while (faults->first) {
        sb_fault *fault = faults->first;

        faults->first = fault->next;
        sb_fault_unref(fault);
    }
}

static bool route_matches(const sb_fault *fault, sandbox_route route)
{
    return fault->what.route == SANDBOX_ANY || fault->what.route == route;
}

static bool fault_matches(const sb_fault *fault, const sb_moment *at)
{
    const sandbox_fault *what = &fault->what;

    return route_matches(fault, at->route) && what->when == at->when &&
           (what->when != SANDBOX_DURING_BODY ||
            what->after_bytes == at->body_bytes) &&
           (what->action != SANDBOX_EXPECT_417 || at->expects_100);
}

/* Counts one strike; with the last one the list gives its reference away. */
static sb_fault *count_strike(sb_fault **link)
{
    sb_fault *fault = *link;

    if (fault->what.times > 0 && --fault->what.times == 0) {
        *link = fault->next;
    } else {
        atomic_fetch_add(&fault->refs, 1);
    }
    return fault;
}

sb_fault *sb_faults_take(sb_faults *faults, const sb_moment *at,
                         uint64_t *cursor)
{
    for (sb_fault **link = &faults->first; *link; link = &(*link)->next) {
        sb_fault *fault = *link;

        if (fault->serial <= *cursor || !fault_matches(fault, at)) {
            continue;
        }
        *cursor = fault->serial;
        if (fault->what.skip > 0) {
            fault->what.skip--;
            continue;
        }
        return count_strike(link);
    }
    return NULL;
}

int64_t sb_faults_next_offset(const sb_faults *faults, sandbox_route route,
                              int64_t from)
{
    int64_t next = INT64_MAX;

    for (const sb_fault *fault = faults->first; fault; fault = fault->next) {
        if (fault->what.when == SANDBOX_DURING_BODY &&
            route_matches(fault, route) && fault->what.after_bytes >= from &&
            fault->what.after_bytes < next) {
            next = fault->what.after_bytes;
        }
    }
    return next;
}
