/*
 * topology.h - the list of storage elements at one moment, and what changed
 * between two of them.
 *
 * A topology is immutable and counted: it may be read by any number of threads
 * and lives until its last reference is dropped. Elements are sorted by
 * (priority, id). It holds every valid element, also those that take no files;
 * filtering is the selector's work.
 *
 * Source: wire-contract 1.3.
 */
#ifndef ARTSTORE_TOPOLOGY_H
#define ARTSTORE_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>

SE_BEGIN_DECLS

typedef struct se_topology se_topology;
typedef struct se_element se_element;
typedef struct se_topology_builder se_topology_builder;
typedef struct se_diff se_diff;
typedef struct se_change se_change;

/* What files an element takes. */
typedef enum se_mode {
    SE_MODE_EDIT = 0, /* temporary files */
    SE_MODE_RW = 1,   /* permanent files */
    SE_MODE_RO = 2,   /* none, readable */
    SE_MODE_AR = 3    /* none, archived */
} se_mode;

/* An element as a program describes it; start from SE_ELEMENT_SPEC_INIT. */
typedef struct se_element_spec {
    uint32_t size;   /* sizeof(se_element_spec) */
    const char *id;  /* 1 to 64 of A-Z a-z 0-9 . _ - */
    const char *url; /* base URL, http or https */
    se_mode mode;
    int32_t priority;       /* lower is filled first; 100 is usual */
    bool unavailable;       /* not online: gets no files */
    bool capacity_known;    /* the next two are meant */
    int64_t capacity_bytes; /* total size */
    int64_t used_bytes;     /* of that, in use */
} se_element_spec;

#define SE_ELEMENT_SPEC_INIT                                                   \
    {                                                                          \
        sizeof(se_element_spec), 0, 0, SE_MODE_EDIT, 100, false, false, 0, 0   \
    }

/*
 * Name a mode as documents spell it: "edit", "rw", "ro", "ar".
 *
 * @param mode  any value
 * @return      view of a constant; "?" for a value that is no mode
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_mode_name(se_mode mode);

/*
 * Read a document of storage elements.
 *
 * Invalid elements are left out and listed with their reason
 * (se_topology_rejected); of two elements with one id the last is kept and the
 * earlier one is rejected. The document itself must be one JSON object with an
 * array `storage_elements`, at most 8 MiB, valid UTF-8, at most 16 levels deep,
 * without duplicate keys.
 *
 * @param text    borrows; need not be terminated
 * @param length  bytes of text
 * @param[out] out  returns owned; drop with se_topology_unref()
 * @param[out] err  may be NULL
 * @return  SE_E_PARSE for a malformed document, SE_E_LIMIT for one beyond the
 *          limits above
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_topology_parse(const char *text, size_t length,
                                se_topology **out, se_error *err);

/*
 * Print a topology as the document that se_topology_parse() reads.
 *
 * @param topology  borrows
 * @param[out] text   returns owned, NUL-terminated; free with se_free()
 * @param[out] err    may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_topology_print(const se_topology *topology, char **text,
                                se_error *err);

/*
 * Start building a topology element by element.
 *
 * @param[out] out  returns owned; ends with se_topology_builder_build() or
 *                  se_topology_builder_free()
 * @param[out] err  may be NULL
 *
 * Threads: one at a time per builder. Blocks: never. Since: 0.1.
 */
SE_API se_err se_topology_builder_new(se_topology_builder **out, se_error *err);

/*
 * Add one element. An invalid one is not added; the builder stays usable.
 *
 * @param builder  borrows
 * @param spec     copies
 * @param[out] err  may be NULL; says what is wrong with the element
 * @return  SE_E_INVALID for an id, URL, mode or capacity that is not valid, or
 *          an id that was added before
 *
 * Threads: one at a time per builder. Blocks: never. Since: 0.1.
 */
SE_API se_err se_topology_builder_add(se_topology_builder *builder,
                                      const se_element_spec *spec,
                                      se_error *err);

/*
 * Finish the topology. The builder is empty afterwards and may be used again.
 *
 * @param builder  borrows
 * @param[out] out  returns owned; drop with se_topology_unref()
 * @param[out] err  may be NULL
 *
 * Threads: one at a time per builder. Blocks: never. Since: 0.1.
 */
SE_API se_err se_topology_builder_build(se_topology_builder *builder,
                                        se_topology **out, se_error *err);

/*
 * Free a builder.
 *
 * @param builder  takes; NULL is a no-op
 *
 * Threads: one at a time per builder. Blocks: never. Since: 0.1.
 */
SE_API void se_topology_builder_free(se_topology_builder *builder);

/*
 * Take another reference.
 *
 * @param topology  keeps; NULL is a no-op
 * @return          returns owned: topology itself
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_topology *se_topology_ref(const se_topology *topology);

/*
 * Drop a reference; the last one frees.
 *
 * @param topology  takes; NULL is a no-op
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_topology_unref(se_topology *topology);

/*
 * Count the elements.
 *
 * @param topology  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API size_t se_topology_count(const se_topology *topology);

/*
 * Look at one element, in order of (priority, id).
 *
 * @param topology  borrows
 * @param index     0 to count - 1
 * @return          returns view, valid as long as the topology; NULL past the
 *                  end
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_element *se_topology_at(const se_topology *topology,
                                        size_t index);

/*
 * Find one element by its id.
 *
 * @param topology  borrows
 * @param id        borrows
 * @return          returns view, valid as long as the topology; NULL if there
 *                  is none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_element *se_topology_find(const se_topology *topology,
                                          const char *id);

/*
 * Name the source it came from: "redis", "admin_module", "file", "memory" ...
 *
 * @param topology  borrows
 * @return          returns view; "" if it came from none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_topology_source(const se_topology *topology);

/*
 * Give the content hash: 64 hex digits over id, URL, mode, priority and
 * availability of every element. Equal hash, equal topology.
 *
 * @param topology  borrows
 * @return          returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_topology_hash(const se_topology *topology);

/*
 * Give the publisher's timestamp as it stood in the document.
 *
 * @param topology  borrows
 * @return          returns view; "" if there was none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_topology_timestamp(const se_topology *topology);

/*
 * Give the publisher's version. It restarts with the publisher: no order
 * follows from it.
 *
 * @param topology  borrows
 * @return          0 if there was none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int64_t se_topology_version(const se_topology *topology);

/*
 * Count the elements that were left out because they are invalid.
 *
 * @param topology  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API size_t se_topology_rejected_count(const se_topology *topology);

/*
 * Look at one element that was left out.
 *
 * @param topology  borrows
 * @param index     0 to rejected_count - 1
 * @param[out] id      returns view; its id, or "#3" for the one at position 3
 *                     when the id itself is unusable; may be NULL
 * @param[out] reason  returns view; one line; may be NULL
 * @return  false past the end (nothing is written)
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API bool se_topology_rejected_at(const se_topology *topology, size_t index,
                                    const char **id, const char **reason);

/*
 * Give an element's id.
 *
 * @param element  borrows
 * @return         returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_element_id(const se_element *element);

/*
 * Give an element's base URL, normalised, without a trailing slash.
 *
 * @param element  borrows
 * @return         returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_element_url(const se_element *element);

/*
 * Give an element's mode.
 *
 * @param element  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_mode se_element_mode(const se_element *element);

/*
 * Give an element's priority; lower is filled first.
 *
 * @param element  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int32_t se_element_priority(const se_element *element);

/*
 * Tell whether the list calls the element online.
 *
 * @param element  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API bool se_element_available(const se_element *element);

/*
 * Give the size that the list states.
 *
 * @param element  borrows
 * @return         bytes; -1 if the list does not say
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int64_t se_element_capacity_bytes(const se_element *element);

/*
 * Give the bytes in use that the list states.
 *
 * @param element  borrows
 * @return         bytes; -1 if the list does not say
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int64_t se_element_used_bytes(const se_element *element);

/* What happened to an element between two topologies. */
typedef enum se_change_kind {
    SE_CHANGE_ADDED = 0,
    SE_CHANGE_REMOVED = 1,
    SE_CHANGE_UPDATED = 2, /* URL, priority, mode or availability */
    SE_CHANGE_REJECTED = 3 /* invalid in the new list */
} se_change_kind;

/*
 * Compute what changed from one topology to another.
 *
 * @param before  keeps a reference; NULL counts as empty
 * @param after   keeps a reference; NULL counts as empty
 * @param[out] out  returns owned; free with se_diff_free()
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_diff_compute(const se_topology *before,
                              const se_topology *after, se_diff **out,
                              se_error *err);

/*
 * Free a diff.
 *
 * @param diff  takes; NULL is a no-op
 *
 * Threads: one at a time per diff. Blocks: never. Since: 0.1.
 */
SE_API void se_diff_free(se_diff *diff);

/*
 * Tell whether nothing was added, removed or updated.
 *
 * @param diff  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API bool se_diff_is_empty(const se_diff *diff);

/*
 * Count the changes of one kind.
 *
 * @param diff  borrows
 * @param kind  which
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API size_t se_diff_count(const se_diff *diff, se_change_kind kind);

/*
 * Look at one change of one kind, in order of id.
 *
 * @param diff   borrows
 * @param kind   which
 * @param index  0 to count - 1
 * @return       returns view, valid as long as the diff; NULL past the end
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_change *se_diff_at(const se_diff *diff, se_change_kind kind,
                                   size_t index);

/*
 * Give the number of elements before and after.
 *
 * @param diff  borrows
 * @param[out] before  may be NULL
 * @param[out] after   may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_diff_totals(const se_diff *diff, size_t *before, size_t *after);

/*
 * Give the topology that a diff leads to.
 *
 * @param diff  borrows
 * @return      returns view, valid as long as the diff; NULL if it was empty
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_topology *se_diff_after(const se_diff *diff);

/*
 * Give the id of the element that changed.
 *
 * @param change  borrows
 * @return        returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_change_id(const se_change *change);

/*
 * Give the element as it was.
 *
 * @param change  borrows
 * @return        returns view; NULL if it was added or rejected
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_element *se_change_before(const se_change *change);

/*
 * Give the element as it is.
 *
 * @param change  borrows
 * @return        returns view; NULL if it was removed or rejected
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_element *se_change_after(const se_change *change);

/*
 * Say why an element was rejected.
 *
 * @param change  borrows
 * @return        returns view; "" unless it was rejected
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_change_reason(const se_change *change);

/*
 * Free a text that this library returned as owned.
 *
 * @param text  takes; NULL is a no-op
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_free(char *text);

SE_END_DECLS

#endif
