/*
 * Filling in the caller's se_error.
 */
#ifndef SE_BASE_ERROR_H
#define SE_BASE_ERROR_H

#include <stdarg.h>

#include <artstore/error.h>

#include "base/compiler.h"

/*
 * Fill in *err (NULL is fine) completely and return code, so that a failing
 * function ends with `return se__fail(err, SE_E_..., "...")`. Control
 * characters and bytes that are no UTF-8 become '?' in the finished message: it
 * stays one line. What looks like a secret is masked, what is too long is cut
 * between two characters. Nothing is written behind err->size; a caller's
 * shorter se_error gets what fits.
 */
se_err se__fail(se_error *err, se_err code, const char *format, ...)
    SE__PRINTF(3, 4);

/* Likewise; appends ": " and the text of os_errno, and keeps the number. */
se_err se__fail_errno(se_error *err, se_err code, int os_errno,
                      const char *format, ...) SE__PRINTF(4, 5);

se_err se__fail_v(se_error *err, se_err code, const char *format, va_list args)
    SE__PRINTF(3, 0);

/* Full copy of *from into *to (NULL is fine), each within its own size;
 * returns from->code. */
se_err se__error_copy(se_error *to, const se_error *from);

/*
 * Read a size-carrying public structure of another version of the header:
 * copy the known part into *to (to_size bytes, zeroed first; its size becomes
 * to_size). A shorter one is accepted, a longer one only if its unknown tail is
 * zero. On failure *to is untouched.
 */
se_err se__struct_copy(void *to, uint32_t to_size, const void *from,
                       const char *what, se_error *err);

#endif
