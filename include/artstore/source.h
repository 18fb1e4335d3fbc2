/*
 * source.h - where the list of storage elements comes from.
 *
 * A source is opened from a URL, or made by one of the functions below, or
 * brought by the program (source_ops.h), and handed to a registry, which asks
 * its sources in order of preference.
 */
#ifndef ARTSTORE_SOURCE_H
#define ARTSTORE_SOURCE_H

#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/topology.h>

SE_BEGIN_DECLS

typedef struct se_source se_source;

/*
 * Open a source from its URL. Nothing is contacted yet.
 *
 * Understood: `file:PATH` and `file:///PATH`, a document of storage elements on
 * disk (PATH is taken as it stands; nothing in it is decoded); `redis://`,
 * `rediss://` and `sentinel://` as in se_redis_options; `http://` and
 * `https://`, the base URL of an Admin Module, asked without an account (with
 * one: se_source_admin()).
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

/* Where the Admin Module publishes, unless told otherwise. */
#define SE_REDIS_KEY "artstore:storage_elements"
#define SE_REDIS_UPDATES_CHANNEL "artstore:storage_elements:updates"
#define SE_REDIS_EVENTS_CHANNEL "artstore:service_discovery"

/* Options of a Redis source; start from SE_REDIS_OPTIONS_INIT. */
typedef struct se_redis_options {
    uint32_t size;               /* sizeof(se_redis_options) */
    const char *url;             /* redis://[user@]host[:port][/db], rediss://
                                    with TLS, sentinel://host:port,.../name */
    const char *password;        /* default: that of the URL, else none; ""
                                    counts as none */
    const char *key;             /* default SE_REDIS_KEY */
    const char *updates_channel; /* whole documents; default
                                    SE_REDIS_UPDATES_CHANNEL */
    const char *events_channel;  /* notifications; default
                                    SE_REDIS_EVENTS_CHANNEL */
    const char *ca_file;         /* PEM, for rediss; default the system's */
    int ping_ms; /* to a silent subscription, which is given up after twice
                    that; default 15000 */
} se_redis_options;

#define SE_REDIS_OPTIONS_INIT                                                  \
    {                                                                          \
        sizeof(se_redis_options), 0, 0, 0, 0, 0, 0, 0                          \
    }

/*
 * Make a source that reads the list from Redis and is told of changes through
 * its channels.
 *
 * @param options   copies
 * @param[out] out  returns owned
 * @param[out] err  may be NULL
 * @return  SE_E_CONFIG for a URL that is not understood, SE_E_UNSUPPORTED for
 *          rediss where the library is built without TLS to Redis; no message,
 *          also of later fetches, holds the password
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_source_redis(const se_redis_options *options, se_source **out,
                              se_error *err);

/* What was published. */
typedef struct se_published {
    uint32_t size;     /* sizeof(se_published), by SE_PUBLISHED_INIT */
    int64_t receivers; /* subscribers that were told, of both channels */
} se_published;

#define SE_PUBLISHED_INIT                                                      \
    {                                                                          \
        sizeof(se_published), 0                                                \
    }

/*
 * Store a list in Redis for an hour and announce it on both channels, in one
 * transaction. After SE_E_TIMEOUT or SE_E_CONNECT it may have happened all the
 * same; publishing again does no harm.
 *
 * @param options     borrows; where
 * @param topology    borrows; at least one element
 * @param action      borrows; what the notification calls it: "manual" if NULL
 * @param timeout_ms  for everything; 0: 2000
 * @param[out] out    who was told; may be NULL
 * @param[out] err    may be NULL
 * @return  SE_E_INVALID for a list without elements, SE_E_LIMIT for one of more
 *          than 8 MiB, SE_E_CONFIG, SE_E_UNSUPPORTED, SE_E_CONNECT,
 *          SE_E_TIMEOUT, SE_E_AUTH, SE_E_PROTOCOL with what Redis answered
 *
 * Threads: any. Blocks: up to timeout_ms. Since: 0.1.
 */
SE_API se_err se_publish(const se_redis_options *options,
                         const se_topology *topology, const char *action,
                         int timeout_ms, se_published *out, se_error *err);

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
