/*
 * The files behind the spools: recycled, and bounded together.
 *
 * Design notes. A file keeps its pages when a spool gives it back, because
 * fresh pages are slow; what lies beyond a spool's own length is another's old
 * content and is never read. Two figures are kept: `used`, what the spools
 * that live may have written, which the quota bounds; and `held`, what the
 * files take on disk with the old pages. When held would pass the quota, spare
 * files are closed first and then the old pages of the others are cut off, so
 * that recycling never costs a spool its room.
 */
#ifndef SE_UPLOADER_SPOOL_POOL_H
#define SE_UPLOADER_SPOOL_POOL_H

#include "uploader/spool.h"

/* One file; its descriptor is its owner's, the rest is the pool's. */
typedef struct se__spool_file {
    int fd;
    int64_t reserved; /* bytes that its spool may have written */
    int64_t extent;   /* bytes that it takes on disk, at most */
    struct se__spool_file *next;
    struct se__spool_file *prev;
} se__spool_file;

/* A file without content that counts: a spare one, else a new one. */
se_err se__spool_pool_take(se__spool_pool *pool, se__spool_file **out,
                           se_error *err);
/* Its spool is about to write up to here; SE_E_BUSY: beyond the quota. */
se_err se__spool_pool_reserve(se__spool_pool *pool, se__spool_file *file,
                              int64_t bytes, se_error *err);
/* The disk is full: give back the room of old pages; false: there is none. */
bool se__spool_pool_relieve(se__spool_pool *pool);
void se__spool_pool_give(se__spool_pool *pool, se__spool_file *file);
/* Where the files are, for messages. */
const char *se__spool_pool_dir(const se__spool_pool *pool);

#endif
