/*
 * A growing byte buffer with a cap.
 *
 * Errors are sticky: after a failed append (out of memory, over the cap) all
 * further ones do nothing and `failed` stays set, so that a caller appends many
 * pieces and checks once.
 */
#ifndef SE_BASE_BUF_H
#define SE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

typedef struct se__buf {
    char *data; /* NUL-terminated whenever not NULL */
    size_t length;
    size_t capacity;
    size_t max; /* 0: no cap */
    bool failed;
} se__buf;

#define SE__BUF_INIT                                                           \
    {                                                                          \
        0, 0, 0, 0, false                                                      \
    }

void se__buf_init(se__buf *buf, size_t max);
void se__buf_fini(se__buf *buf);
void se__buf_reset(se__buf *buf); /* empty, not failed; keeps the memory */
bool se__buf_append(se__buf *buf, const void *data, size_t length);
bool se__buf_puts(se__buf *buf, const char *text);
bool se__buf_putc(se__buf *buf, char c);
bool se__buf_printf(se__buf *buf, const char *format, ...) SE__PRINTF(2, 3);
bool se__buf_vprintf(se__buf *buf, const char *format, va_list args)
    SE__PRINTF(2, 0);
/* Returns the text as owned and leaves the buffer empty; NULL if failed. */
char *se__buf_take(se__buf *buf);

#endif
