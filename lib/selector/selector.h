/*
 * The inside of selection; for lib/selector and lib/uploader.
 */
#ifndef SE_SELECTOR_SELECTOR_H
#define SE_SELECTOR_SELECTOR_H

#include <stddef.h>
#include <stdint.h>

#include <artstore/selector.h>

#include "registry/registry.h"
#include "selector/policy.h"
#include "wire/url.h"

/* Where what decided came from; nobody: it found none. */
typedef enum se__choice_source {
    SE__FROM_ELEMENT, /* a poll, or the cache of polls */
    SE__FROM_LIST,    /* the list, or the Admin Module */
    SE__FROM_NOBODY,
    SE__CHOICE_SOURCES
} se__choice_source;

#define SE__RETENTIONS 2

/* Choices not yet told to the metrics, by retention; see count.c. */
typedef struct se__tally {
    atomic_uint_fast64_t choices[SE__RETENTIONS][SE__CHOICE_SOURCES];
    atomic_uint_fast64_t quick[SE__RETENTIONS];    /* those that took no time */
    atomic_uint_fast64_t quick_us[SE__RETENTIONS]; /* in all */
} se__tally;

/* Counted: uploaders hold it as well. All but its counts stays as it is. */
struct se_selector {
    atomic_int refs;
    se_registry *registry; /* reference */
    se_metrics *metrics;   /* reference; NULL: nobody counts */
    se__tally tally;
    const se__policy *policy;
    se_policy_fn choose; /* of a policy of the program's own */
    void *choose_user;
    int64_t headroom_bytes;
    int64_t stale_after_ms; /* 0: never */
};

se_selector *se__selector_ref(se_selector *selector);
void se__selector_unref(se_selector *selector);

/* Endpoints that failed this upload already. */
#define SE__TRIED_MAX 64
typedef struct se__tried {
    se__endpoint *endpoints[SE__TRIED_MAX]; /* references */
    bool lacks_room[SE__TRIED_MAX];         /* that is why, e.g. a 507 */
    size_t count;
} se__tried;

void se__tried_add(se__tried *tried, se__endpoint *endpoint, bool lacks_room);
/* Both take NULL for nobody. */
bool se__tried_has(const se__tried *tried, const se__endpoint *endpoint);
bool se__tried_lacks_room(const se__tried *tried, const se__endpoint *endpoint);
void se__tried_fini(se__tried *tried);

/* What an uploader looks for. */
typedef struct se__query {
    se_retention retention;
    int64_t bytes;          /* size; below 1: unknown */
    const se__tried *tried; /* may be NULL */
    const char *const *exclude;
    size_t n_exclude;
    int64_t now_ms;
    /* the selector's, set by who chooses or explains */
    int64_t headroom_bytes;
    int64_t stale_after_ms; /* 0: never */
    /* set by se__selector_relax() */
    bool relaxed;                    /* what follows is worked out */
    bool ignore_health;              /* nobody is healthy */
    bool ignore_ejections;           /* too few are healthy */
    const se_element *ejections_end; /* from here on in the list none holds;
                                        NULL: all do */
    bool take_stale;                 /* nobody fresh is left, */
    bool take_degraded;              /* nobody healthy, */
    bool take_probation;             /* nor anybody else */
} se__query;

/* A choice, copied out of the snapshot. */
typedef struct se__choice {
    se__endpoint *endpoint; /* reference */
    char url[SE__URL_SIZE];
    int64_t reserved; /* bytes reserved on the endpoint */
    uint64_t serial;  /* of the snapshot it was made from */
} se__choice;

/*
 * Why would this element not take the file? SE_REASON_NONE: it would. A pure
 * function of its arguments and the endpoint's state. Reasons come in the order
 * mode, offline, probation, tried, full, ejected, no_fit, stale.
 */
se_reason se__selector_judge(const se_element *element,
                             const se__endpoint *endpoint,
                             const se__query *query);

/*
 * Choose by the selector's policy, and reserve. On failure: SE_E_DISCOVERY (no
 * list), SE_E_NO_SPACE (every healthy element of the mode lacks room, and none
 * failed this upload for another reason), SE_E_UNAVAILABLE, SE_E_NOMEM; the
 * message counts the reasons. *serial (may be NULL) is that of the snapshot
 * looked at, also on failure; *wait_until_ms (may be NULL) the earliest end of
 * a time that an element asked to be left alone for, 0 if none did.
 */
se_err se__selector_choose(se_selector *selector, const se__query *query,
                           se__choice *out, uint64_t *serial,
                           int64_t *wait_until_ms, se_error *err);
void se__choice_release(se__choice *choice, se_outcome outcome);

/* Parts of a choice; explain.c takes the same steps. */

/*
 * Which rules hold for this fleet now: ejections are ignored when fewer than
 * half of the mode's elements are healthy, those beyond half of the mode when
 * more are ejected (in the order of the list), and all when nobody else is
 * left; health when none is healthy; stale figures when nobody else is
 * eligible, degraded elements when still nobody is, then those on probation.
 */
void se__selector_relax(const se__snapshot *snapshot, se__query *query);
/*
 * The error of a choice that found nobody; query as relaxed. The elements are
 * counted by their reasons in `metrics`.
 */
se_err se__selector_refusal(const se__snapshot *snapshot,
                            const se__query *query, se_metrics *metrics,
                            int64_t *wait_until_ms, se_error *err);
/* By the tried endpoints or the excluded ids. */
bool se__selector_was_tried(const se__endpoint *endpoint,
                            const se__query *query);
bool se__selector_is_set_aside(const se__endpoint *endpoint,
                               const se__query *query);
se_err se__selector_query(const se_selector *selector, const se_want *want,
                          se__query *query, se_error *err);
/* The selector's own limits. */
void se__selector_limit(const se_selector *selector, se__query *query);

se_mode se__mode_for(se_retention retention);

/* count.c: what metrics tell of choices; none of it without metrics. */
void se__selector_count_begin(se_selector *selector);
void se__selector_count_end(se_selector *selector);
/* `choice` NULL: it found nobody. */
void se__selector_count(se_selector *selector, const se__query *query,
                        const se__choice *choice, int64_t took_us);
void se__selector_count_refused(se_metrics *metrics, se_reason reason,
                                size_t elements);

#endif
