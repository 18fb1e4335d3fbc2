/*
 * File names as they go over the wire.
 */
#include "element/upload_form.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define NAME_MAX_BYTES 255

/*
 * Characters that change the direction of what follows: a name must not look
 * like another one. U+061C, U+200E-200F, U+202A-202E, U+2066-2069.
 */
static bool turns_direction(const unsigned char *at, size_t length)
{
    if (length == 2) {
        return at[0] == 0xd8 && at[1] == 0x9c;
    }
    if (length != 3 || at[0] != 0xe2) {
        return false;
    }
    return (at[1] == 0x80 && ((at[2] >= 0x8e && at[2] <= 0x8f) ||
                              (at[2] >= 0xaa && at[2] <= 0xae))) ||
           (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

/* C0, DEL and C1. */
static bool is_control(const unsigned char *at, size_t length)
{
    return (length == 1 && (at[0] < 0x20 || at[0] == 0x7f)) ||
           (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

static const char *last_component(const char *name)
{
    const char *last = name;

    for (const char *c = name; *c; c++) {
        if (*c == '/' || *c == '\\') {
            last = c + 1;
        }
    }
    return last;
}

/* Bytes to keep so that `most` hold, on a character's boundary. */
static size_t cut(const char *text, size_t length, size_t most)
{
    if (length <= most) {
        return length;
    }
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) {
        most--;
    }
    return most;
}

/* Too long: the stem is cut, an extension of up to 16 bytes is kept. */
static void shorten(char *name)
{
    size_t length = strlen(name);
    const char *dot = strrchr(name, '.');
    size_t extension = dot && dot != name ? strlen(dot) : 0;

    if (length <= NAME_MAX_BYTES) {
        return;
    }
    if (extension > 16) {
        extension = 0;
    }
    size_t stem = cut(name, length - extension, NAME_MAX_BYTES - extension);

    memmove(name + stem, name + length - extension, extension);
    name[stem + extension] = '\0';
}

char *se__upload_name(const char *name)
{
    const char *from = last_component(name);
    size_t left = strlen(from);
    char *out = se__zalloc(left + sizeof("unknown"));
    size_t at = 0;

    if (!out) {
        return NULL;
    }
    while (left > 0) {
        const unsigned char *bytes = (const unsigned char *)from;
        size_t taken = se__utf8_sequence(from, left);

        if (taken > 0 && !is_control(bytes, taken) &&
            !turns_direction(bytes, taken)) {
            memcpy(out + at, from, taken);
            at += taken;
        }
        taken = taken ? taken : 1; /* an invalid byte is dropped */
        from += taken;
        left -= taken;
    }
    if (at == 0 || strcmp(out, ".") == 0 || strcmp(out, "..") == 0) {
        memcpy(out, "unknown", sizeof("unknown"));
    }
    shorten(out);
    return out;
}
