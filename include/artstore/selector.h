/*
 * selector.h - which storage element takes the next file, and why.
 *
 * For use without the uploader: by programs that send the file themselves, and
 * by people who want to know.
 */
#ifndef ARTSTORE_SELECTOR_H
#define ARTSTORE_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/metrics.h>
#include <artstore/registry.h>
#include <artstore/topology.h>

SE_BEGIN_DECLS

typedef struct se_selector se_selector;
typedef struct se_pick se_pick;
typedef struct se_explanation se_explanation;

/* How long a file is to be kept; decides the mode of element that takes it. */
typedef enum se_retention {
    SE_TEMPORARY = 0, /* elements of mode edit */
    SE_PERMANENT = 1  /* elements of mode rw */
} se_retention;

/* How an attempt or an upload ended. */
typedef enum se_outcome {
    SE_REJECTED = 0, /* proof that nothing is stored */
    SE_STORED = 1,   /* complete, and the checksum of the answer is ours */
    SE_UNKNOWN = 2   /* neither could be proven */
} se_outcome;

/* Why an element is not chosen. */
#define SE_REASON_MAP(X)                                                       \
    X(NONE, "none")           /* it is eligible */                             \
    X(MODE, "mode")           /* takes other files, or none */                 \
    X(OFFLINE, "offline")     /* the list says so, or it is not healthy */     \
    X(PROBATION, "probation") /* new, not yet seen healthy */                  \
    X(TRIED, "tried")         /* failed this upload already */                 \
    X(FULL, "full")           /* 98 % used, or answered 507 a while ago */     \
    X(EJECTED, "ejected")     /* too many faults in a row, or asked to wait */ \
    X(NO_FIT, "no_fit")       /* less room than the file needs */              \
    X(STALE, "stale")         /* what is known of it is too old */

typedef enum se_reason {
#define SE_REASON_ENUM(name, text) SE_REASON_##name,
    SE_REASON_MAP(SE_REASON_ENUM)
#undef SE_REASON_ENUM
} se_reason;

/* What is looked for; start from SE_WANT_INIT. */
typedef struct se_want {
    uint32_t size; /* sizeof(se_want) */
    se_retention retention;
    int64_t bytes;              /* size of the file; -1: not known */
    const char *const *exclude; /* ids that are not to be chosen */
    size_t n_exclude;
} se_want;

#define SE_WANT_INIT                                                           \
    {                                                                          \
        sizeof(se_want), SE_TEMPORARY, -1, 0, 0                                \
    }

/*
 * Which of the elements that could take a file. A room that is not known comes
 * after all that are with most-free, and counts as the mean of those that are
 * with weighted-free. In turn means the one that was not chosen for longest,
 * whoever chose.
 */
#define SE_POLICY_MAP(X)                                                       \
    X(SEQUENTIAL, "sequential")       /* lowest priority number, then id */    \
    X(MOST_FREE, "most-free")         /* most room left */                     \
    X(WEIGHTED_FREE, "weighted-free") /* at random, in proportion to room */   \
    X(ROUND_ROBIN, "round-robin")     /* each in turn */

typedef enum se_policy {
#define SE_POLICY_ENUM(name, text) SE_POLICY_##name,
    SE_POLICY_MAP(SE_POLICY_ENUM)
#undef SE_POLICY_ENUM
} se_policy;

/* An element that could take the file; a view, valid during the call only. */
typedef struct se_candidate {
    uint32_t size; /* sizeof(se_candidate) of the library */
    const se_element *element;
    int64_t free_bytes;     /* after all reservations; -1: not known */
    int64_t inflight_bytes; /* of uploads under way to it */
    int in_flight;          /* uploads under way to it */
} se_candidate;

/*
 * A policy of the program's own: choose one of the candidates, which stand in
 * the order of sequential fill.
 *
 * @param user        as given in the options
 * @param bytes       size of the file; -1: not known
 * @param candidates  views
 * @param n           at least 1
 * @return            0 to n - 1; anything else: the first
 *
 * Called by the thread that picks, explains or transfers files, with no lock
 * held; several may call at once. Keep it short: a transfer thread does nothing
 * else meanwhile, and the list that the views belong to stays in memory. Called
 * again if the room of the chosen one was just taken by somebody else. It must
 * not close what it is called from.
 */
typedef size_t (*se_policy_fn)(void *user, int64_t bytes,
                               const se_candidate *candidates, size_t n);

/* Options of a selector; zero means default. */
typedef struct se_selector_options {
    uint32_t size;          /* sizeof(se_selector_options) */
    int64_t headroom_bytes; /* kept free on every element; default 0 */
    se_policy policy;       /* default sequential */
    se_policy_fn choose;    /* instead of policy; NULL: none */
    void *choose_user;      /* handed to choose; lives as long as the selector
                               and the uploaders opened with it */
    int stale_after_ms;     /* a capacity older than this is not believed, and
                               the element passed over while others are fresh;
                               one without an age is fresh; 0: never */
    se_metrics *metrics;    /* keeps a reference; NULL: nobody counts */
} se_selector_options;

#define SE_SELECTOR_OPTIONS_INIT                                               \
    {                                                                          \
        sizeof(se_selector_options), 0, SE_POLICY_SEQUENTIAL, 0, 0, 0, 0       \
    }

/*
 * Name a policy: "sequential", "most-free", "weighted-free", "round-robin".
 *
 * @param policy  any value
 * @return        view of a constant; "?" for a value that is no policy
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_policy_name(se_policy policy);

/*
 * Name a reason: "mode", "offline" ...
 *
 * @param reason  any value
 * @return        view of a constant; "?" for a value that is no reason
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_reason_name(se_reason reason);

/*
 * Name an outcome: "rejected", "stored" or "unknown".
 *
 * @param outcome  any value
 * @return         view of a constant; "?" for a value that is no outcome
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_outcome_name(se_outcome outcome);

/*
 * Name a retention: "temporary" or "permanent".
 *
 * @param retention  any value
 * @return           view of a constant; "?" for a value that is no retention
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_retention_name(se_retention retention);

/*
 * Open a selector over a registry. An uploader opened with it chooses by its
 * options.
 *
 * @param registry   keeps what it needs of it
 * @param options    copies; NULL for defaults
 * @param[out] out   returns owned; close with se_selector_close()
 * @param[out] err   may be NULL
 * @return  SE_E_INVALID for an unknown policy, or a number below zero
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_selector_open(se_registry *registry,
                               const se_selector_options *options,
                               se_selector **out, se_error *err);

/*
 * Choose an element by the policy and reserve the bytes on it: one of those of
 * the right mode that are online, healthy, not full and have room; by
 * sequential fill, unless the options say otherwise, the one with the lowest
 * priority number, then the lowest id. One that says it is degraded is taken
 * only if nobody healthy is eligible, and is "offline" until then; one that is
 * new and not yet seen healthy only if still nobody is.
 *
 * @param selector  borrows
 * @param want      borrows
 * @param[out] out  returns owned; end with se_selector_release()
 * @param[out] err  may be NULL
 * @return  SE_E_DISCOVERY without a list, SE_E_NO_SPACE if every healthy
 *          element of the mode lacks room, SE_E_UNAVAILABLE otherwise
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_selector_pick(se_selector *selector, const se_want *want,
                               se_pick **out, se_error *err);

/*
 * Give the id of the element that was chosen.
 *
 * @param pick  borrows
 * @return      returns view
 *
 * Threads: one at a time per pick. Blocks: never. Since: 0.1.
 */
SE_API const char *se_pick_id(const se_pick *pick);

/*
 * Give the base URL of the element that was chosen.
 *
 * @param pick  borrows
 * @return      returns view
 *
 * Threads: one at a time per pick. Blocks: never. Since: 0.1.
 */
SE_API const char *se_pick_url(const se_pick *pick);

/*
 * Give a pick back and say how the attempt ended, so that the room on the
 * element is accounted for.
 *
 * @param selector  borrows
 * @param pick      takes; NULL is a no-op
 * @param outcome   SE_STORED and SE_UNKNOWN keep the bytes counted until the
 *                  element was measured again, SE_REJECTED frees them
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_selector_release(se_selector *selector, se_pick *pick,
                                se_outcome outcome);

/*
 * Say which element would be chosen and, for every other one, why not.
 * Reserves nothing, takes nobody's turn and is not counted. With weighted-free
 * the choice is one draw of many.
 *
 * @param selector  borrows
 * @param want      borrows
 * @param[out] out  returns owned; free with se_explanation_free()
 * @param[out] err  may be NULL
 * @return  SE_E_DISCOVERY without a list; an explanation in which nothing is
 *          chosen is SE_OK
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_selector_explain(se_selector *selector, const se_want *want,
                                  se_explanation **out, se_error *err);

/*
 * Give the position of the element that would be chosen.
 *
 * @param explanation  borrows
 * @return             its index; -1 if none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int se_explanation_chosen(const se_explanation *explanation);

/*
 * Give the error that a pick would have ended with.
 *
 * @param explanation  borrows
 * @return             SE_OK if one was chosen, else SE_E_NO_SPACE or
 *                     SE_E_UNAVAILABLE
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_explanation_error(const se_explanation *explanation);

/*
 * Count the elements looked at: all of the list, in its order.
 *
 * @param explanation  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API size_t se_explanation_count(const se_explanation *explanation);

/*
 * Look at one element.
 *
 * @param explanation  borrows
 * @param index        0 to count - 1
 * @param[out] element  returns view, valid as long as the explanation; may be
 *                      NULL
 * @param[out] reason   SE_REASON_NONE if it is chosen or eligible; may be NULL
 * @return  false past the end (nothing is written)
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API bool se_explanation_at(const se_explanation *explanation, size_t index,
                              const se_element **element, se_reason *reason);

/*
 * Free an explanation.
 *
 * @param explanation  takes; NULL is a no-op
 *
 * Threads: one at a time. Blocks: never. Since: 0.1.
 */
SE_API void se_explanation_free(se_explanation *explanation);

/*
 * Close a selector. Picks that are out must have been released.
 *
 * @param selector  takes; NULL is a no-op
 *
 * Threads: one at a time. Blocks: never. Since: 0.1.
 */
SE_API void se_selector_close(se_selector *selector);

SE_END_DECLS

#endif
