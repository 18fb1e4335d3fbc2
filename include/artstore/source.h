/*
 * source.h - where the list of storage elements comes from.
 *
 * A source is opened from a URL, or made by one of the functions below, or
 * brought by the program (source_ops.h), and handed to a registry, which asks
 * its sources in order of preference.
 */
#ifndef ARTSTORE_SOURCE_H
#define ARTSTORE_SOURCE_H

#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/topology.h>

SE_BEGIN_DECLS

typedef struct se_source se_source;

/*
 * Open a source from its URL. Nothing is contacted yet.
 *
 * Understood: `file:PATH` and `file:///PATH`, a document of storage elements on
 * disk. PATH is taken as it stands; nothing in it is decoded.
 *
 * @param url       copies
 * @param[out] out  returns owned; give it to a registry or free it with
 *                  se_source_free()
 * @param[out] err  may be NULL
 * @return  SE_E_CONFIG for a URL that is not understood, with the forms that
 *          are; the message holds no password
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_source_open(const char *url, se_source **out, se_error *err);

/*
 * Make a source that reads a document from a file at every fetch. Regular
 * files only, at most 8 MiB; a file that changes while it is read is read
 * again, up to three times. Replace the file by renaming a new one into place.
 *
 * @param path      copies
 * @param[out] out  returns owned
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_source_file(const char *path, se_source **out, se_error *err);

/*
 * Make a source whose list the program sets. Until it is set for the first
 * time a fetch ends with SE_E_SOURCE.
 *
 * @param[out] out  returns owned
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_source_memory(se_source **out, se_error *err);

/*
 * Set the list of a memory source; the next fetch returns it. The source may
 * meanwhile belong to a registry, as long as that is open.
 *
 * @param source    borrows; one of se_source_memory()
 * @param topology  keeps a reference; NULL makes fetches fail
 * @param[out] err  may be NULL
 * @return  SE_E_INVALID if the source is not a memory source
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_source_memory_set(se_source *source,
                                   const se_topology *topology, se_error *err);

/*
 * Name a source as logs and metrics do: "file", "memory", "redis" ...
 *
 * @param source  borrows
 * @return        returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_source_name(const se_source *source);

/*
 * Free a source that was not given to a registry.
 *
 * @param source  takes; NULL is a no-op
 *
 * Threads: one at a time per source. Blocks: never. Since: 0.1.
 */
SE_API void se_source_free(se_source *source);

SE_END_DECLS

#endif
