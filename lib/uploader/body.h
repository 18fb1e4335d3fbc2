/*
 * Where the bytes of an upload come from.
 *
 * A body is read at an offset and never blocks, so an attempt starts again at 0
 * without a seek. It may be read by one thread at a time.
 */
#ifndef SE_UPLOADER_BODY_H
#define SE_UPLOADER_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>

enum {
    SE__BODY_AGAIN = -1, /* nothing there yet: woken when there is */
    SE__BODY_ERROR = -2  /* see se__body_error */
};

typedef struct se__body se__body;

typedef struct se__body_ops {
    /* n > 0 bytes, 0 = end, AGAIN, ERROR. */
    int64_t (*read)(se__body *body, int64_t at, char *buffer, size_t n);
    /* Still what it was when it was opened? Asked before another attempt and
     * at the end of each; SE_E_FILE_CHANGED. NULL: cannot change. */
    se_err (*check)(se__body *body, se_error *err);
    /* Not read for a while: give back what another attempt can get again.
     * NULL: nothing to give. */
    void (*idle)(se__body *body);
    void (*free)(se__body *body);
} se__body_ops;

struct se__body {
    const se__body_ops *ops;
    int64_t size;   /* -1: not known (yet) */
    se_error error; /* why read answered ERROR */
};

/*
 * A regular file; SE_E_FILE otherwise, SE_E_REFUSED if it is empty. Opened
 * again by its path for each attempt: it has to stay what it is until then.
 */
se_err se__body_file(const char *path, se__body **out, se_error *err);
/* Borrows data. */
se_err se__body_memory(const void *data, size_t length, se__body **out,
                       se_error *err);

static inline int64_t se__body_read(se__body *body, int64_t at, char *buffer,
                                    size_t n)
{
    return body->ops->read(body, at, buffer, n);
}
se_err se__body_check(se__body *body, se_error *err);
void se__body_idle(se__body *body);
void se__body_free(se__body *body); /* NULL is a no-op */

#endif
