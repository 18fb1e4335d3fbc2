/*
 * Error codes by table, and the caller's se_error.
 */
#include "base/error.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/redact.h"
#include "base/text.h"

/* A size beyond this was never set: do not follow it through memory. */
#define LARGEST_STRUCT 65536

typedef struct code_row {
    se_err code;
    const char *name;
    bool retryable;
    int exit_code;
    const char *text;
} code_row;

static const code_row rows[] = {
#define SE_ERROR_ROW(name, value, retryable, exit_code, text)                  \
    {SE_##name, "SE_" #name, retryable, exit_code, text},
    SE_ERROR_MAP(SE_ERROR_ROW)
#undef SE_ERROR_ROW
};

static const code_row *row_of(se_err code)
{
    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        if (rows[i].code == code) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *se_err_name(se_err code)
{
    const code_row *row = row_of(code);

    return row ? row->name : "SE_E_?";
}

const char *se_err_text(se_err code)
{
    const code_row *row = row_of(code);

    return row ? row->text : "unknown error";
}

bool se_err_is_retryable(se_err code)
{
    const code_row *row = row_of(code);

    return row && row->retryable;
}

int se_err_exit_code(se_err code)
{
    const code_row *row = row_of(code);

    return row ? row->exit_code : 1;
}

/* End a text that a shorter structure cuts, between two characters. */
static void cut_text(char *text, size_t offset, size_t room, size_t size)
{
    if (size > offset && size < offset + room) {
        text[se__text_fit(text, size - offset)] = '\0';
    }
}

/*
 * A caller built against an older, shorter se_error gets what fits: nothing is
 * written behind the size that it states, and `size` stays its own.
 */
static void deliver(se_error *err, const se_error *full)
{
    const size_t head = sizeof(full->size);
    se_error cut = *full;
    size_t size = err->size < sizeof(cut) ? err->size : sizeof(cut);

    cut_text(cut.se_id, offsetof(se_error, se_id), sizeof(cut.se_id), size);
    cut_text(cut.message, offsetof(se_error, message), sizeof(cut.message),
             size);
    if (size > head) {
        memcpy((char *)err + head, (const char *)&cut + head, size - head);
    }
}

SE__PRINTF(2, 0)
static void set_message(se_error *full, const char *format, va_list args)
{
    char raw[SE_MESSAGE_SIZE * 2];
    char masked[sizeof(raw)];
    const char *text = raw;

    if (vsnprintf(raw, sizeof(raw), format, args) < 0) {
        raw[0] = '\0';
    }
    if (se__has_secret(raw)) {
        se__redact(masked, sizeof(masked), raw);
        text = masked;
    }
    se__clean_copy(full->message, sizeof(full->message), text);
}

se_err se__fail_v(se_error *err, se_err code, const char *format, va_list args)
{
    se_error full = SE_ERROR_INIT;

    if (err) {
        full.code = code;
        set_message(&full, format, args);
        deliver(err, &full);
    }
    return code;
}

se_err se__fail(se_error *err, se_err code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    se__fail_v(err, code, format, args);
    va_end(args);
    return code;
}

/* The system's words may be in any language. */
static void append_errno(se_error *full)
{
    char text[128] = "";
    char suffix[sizeof(text) + 2];
    size_t length = strlen(full->message);

#if defined(__GLIBC__)
    const char *words = strerror_r(full->os_errno, text, sizeof(text));
#else
    const char *words =
        strerror_r(full->os_errno, text, sizeof(text)) == 0 ? text : "";
#endif
    snprintf(suffix, sizeof(suffix), ": %s", words);
    se__clean_copy(full->message + length, sizeof(full->message) - length,
                   suffix);
}

se_err se__fail_errno(se_error *err, se_err code, int os_errno,
                      const char *format, ...)
{
    se_error full = SE_ERROR_INIT;
    va_list args;

    if (err) {
        full.code = code;
        full.os_errno = os_errno;
        va_start(args, format);
        set_message(&full, format, args);
        va_end(args);
        append_errno(&full);
        deliver(err, &full);
    }
    return code;
}

se_err se__error_copy(se_error *to, const se_error *from)
{
    const size_t head = sizeof(from->size);
    se_error full = SE_ERROR_INIT;
    size_t size = from->size < sizeof(full) ? from->size : sizeof(full);

    if (to && size > head) {
        memcpy((char *)&full + head, (const char *)from + head, size - head);
        deliver(to, &full);
    }
    return from->code;
}

static bool is_zero(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

se_err se__struct_copy(void *to, uint32_t to_size, const void *from,
                       const char *what, se_error *err)
{
    uint32_t size;

    if (!from) {
        return se__fail(err, SE_E_INVALID, "%s is missing", what);
    }
    memcpy(&size, from, sizeof(size));
    if (size < sizeof(size) || size > LARGEST_STRUCT) {
        return se__fail(err, SE_E_INVALID,
                        "%s has no size; start from its _INIT macro", what);
    }
    if (size > to_size &&
        !is_zero((const char *)from + to_size, size - to_size)) {
        return se__fail(err, SE_E_INVALID,
                        "%s is newer than this library and uses what it does "
                        "not know",
                        what);
    }
    memset(to, 0, to_size);
    memcpy(to, from, size < to_size ? size : to_size);
    memcpy(to, &to_size, sizeof(to_size));
    return SE_OK;
}
