/*
 * A spool: a body that is written by one thread and read, behind it and from
 * the start as often as needed, by another.
 *
 * Design notes. The first 64 KiB stay in memory; what is longer goes to an
 * unlinked file of mode 0600. The writer appends and publishes how far it is
 * (release); the reader sees that length (acquire) and never more. What ends
 * within 64 KiB is offered only when complete, so that it goes out with its
 * length. Files are recycled without truncation through a pool: fresh pages are
 * slow. The pool's quota bounds the bytes on disk of all spools together.
 */
#ifndef SE_UPLOADER_SPOOL_H
#define SE_UPLOADER_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>

#include "uploader/body.h"

#define SE__SPOOL_MEMORY 65536

typedef struct se__spool_pool se__spool_pool;

/* dir NULL: $TMPDIR, else /tmp. Nothing is created yet. */
se_err se__spool_pool_open(se__spool_pool **out, const char *dir,
                           int64_t quota_bytes, se_error *err);
se__spool_pool *se__spool_pool_ref(se__spool_pool *pool);
void se__spool_pool_unref(se__spool_pool *pool);
/* Bytes of all spools together that count against the quota. */
int64_t se__spool_pool_used(se__spool_pool *pool);

typedef struct se__spool se__spool; /* is a se__body */

/* wake(user) after new bytes, the end, or a failure; on the writer's thread. */
se_err se__spool_new(se__spool_pool *pool, void (*wake)(void *user), void *user,
                     se__spool **out, se_error *err);
/*
 * The reading side, and the spool's life: se__body_free() ends both, once
 * nobody writes any more. Its size is -1 until a check, or the read that
 * answers the end, has found the spool finished; the reader alone looks at it.
 */
se__body *se__spool_body(se__spool *spool);

/*
 * Writer, one thread at a time. SE_E_BUSY: quota; SE_E_SYSTEM: the spool file.
 * A write that fails has written nothing. After finish or fail there is none.
 */
se_err se__spool_write(se__spool *spool, const void *data, size_t length,
                       se_error *err);
void se__spool_finish(se__spool *spool); /* the end: size is known */
void se__spool_fail(se__spool *spool, const se_error *why);

/* Any thread: bytes so far; is there something to send, more than memory holds
 * or complete, or a failure to see? */
int64_t se__spool_length(const se__spool *spool);
bool se__spool_ready(const se__spool *spool);

/*
 * A thread that reads a descriptor to its end into a spool. Waits for the
 * descriptor and for stop together; a regular file is simply read.
 */
typedef struct se__feeder se__feeder;
se_err se__feeder_start(se__feeder **out, se__spool *spool, int fd,
                        se_error *err);
/* Ends it soon, joins, frees; the spool stays as it is. NULL is a no-op. */
void se__feeder_stop(se__feeder *feeder);

#endif
