/*
 * multipart/form-data, parsed while it arrives (RFC 7578, RFC 2046).
 *
 * Works in one window of the caller; no part is ever held as a whole.
 */
#ifndef SANDBOX_MULTIPART_H
#define SANDBOX_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SB_BOUNDARY_MAX 70

/* Views, good until the callback returns. */
typedef struct sb_part {
    const char *name;         /* "" if absent */
    const char *filename;     /* NULL: a text field */
    const char *content_type; /* NULL if absent */
} sb_part;

typedef struct sb_form_ops {
    /* As read(2): 0 at the end of the body, -1 to stop. */
    ssize_t (*read)(void *self, char *bytes, size_t capacity);
    /* False: stop. */
    bool (*begin)(void *self, const sb_part *part);
    bool (*data)(void *self, char *bytes, size_t length);
    bool (*end)(void *self);
} sb_form_ops;

typedef enum sb_form_result {
    SB_FORM_OK = 0,
    SB_FORM_BAD,    /* it is no such form; the rest was not read */
    SB_FORM_STOPPED /* by one of the functions */
} sb_form_result;

/* False: `content_type` names no form or no usable boundary. */
bool sb_form_boundary(const char *content_type,
                      char boundary[SB_BOUNDARY_MAX + 1]);

/* Reads to the end of the body; `capacity` at least 32 KiB. */
sb_form_result sb_form_parse(const sb_form_ops *ops, void *self,
                             const char *boundary, char *window,
                             size_t capacity);

#endif
