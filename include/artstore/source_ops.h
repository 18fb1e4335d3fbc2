/*
 * source_ops.h - bring your own source of storage elements.
 *
 * Not part of the umbrella header: only who writes a source needs it.
 */
#ifndef ARTSTORE_SOURCE_OPS_H
#define ARTSTORE_SOURCE_OPS_H

#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/source.h>
#include <artstore/topology.h>

SE_BEGIN_DECLS

/* The library's side of a running watch. */
typedef struct se_watch se_watch;

/*
 * What a source does. The functions of one source are called by threads of the
 * library, with no lock held.
 */
typedef struct se_source_ops {
    uint32_t size;    /* sizeof(se_source_ops), by SE_SOURCE_OPS_INIT */
    const char *name; /* REQUIRED. Label in logs and metrics; a constant. */
    /*
     * REQUIRED. Read the list once and return it as owned in *out. Never
     * called twice at once; may run beside watch. Returns by timeout_ms. On
     * failure *out is not written and err says what happened; the registry
     * then asks its next source. "No elements" is a topology with none, which
     * a registry never takes for good news.
     */
    se_err (*fetch)(void *self, int timeout_ms, se_topology **out,
                    se_error *err);
    /*
     * Optional. Notice changes. Has a thread of its own; returns when
     * se_watch_fd() becomes readable or the connection is lost; the library
     * backs off and calls again.
     */
    se_err (*watch)(void *self, se_watch *watch, se_error *err);
    /* REQUIRED. Free self. Called once, after both have returned. */
    void (*free)(void *self);
} se_source_ops;

#define SE_SOURCE_OPS_INIT                                                     \
    {                                                                          \
        sizeof(se_source_ops), 0, 0, 0, 0                                      \
    }

/*
 * Make a source from functions.
 *
 * @param ops       borrows; must live as long as the source
 * @param self      takes on success: freed by ops->free
 * @param[out] out  returns owned
 * @param[out] err  may be NULL
 * @return  SE_E_INVALID if a REQUIRED member is missing or the structure is
 *          newer than this library and uses what it does not know
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_source_new(const se_source_ops *ops, void *self,
                            se_source **out, se_error *err);

/*
 * Give the descriptor that becomes readable when a watch is to end.
 *
 * @param watch  borrows
 * @return       returns view
 *
 * Threads: that of the watch. Blocks: never. Since: 0.1.
 */
SE_API int se_watch_fd(const se_watch *watch);

/*
 * Say that changes are noticed from now on. The library then reads the list
 * once, so that nothing from before is missed.
 *
 * @param watch  borrows
 *
 * Threads: that of the watch. Blocks: never. Since: 0.1.
 */
SE_API void se_watch_ready(se_watch *watch);

/*
 * Say that something changed. The library reads the list; many such calls in a
 * short time become one read.
 *
 * @param watch  borrows
 *
 * Threads: that of the watch. Blocks: never. Since: 0.1.
 */
SE_API void se_watch_changed(se_watch *watch);

/*
 * Hand over a whole list that was pushed. It passes the same rules as one that
 * was fetched; one that is older than what is in force only makes the library
 * read the list.
 *
 * @param watch     borrows
 * @param topology  takes
 *
 * Threads: that of the watch. Blocks: never. Since: 0.1.
 */
SE_API void se_watch_publish(se_watch *watch, se_topology *topology);

SE_END_DECLS

#endif
