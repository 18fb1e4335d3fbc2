/*
 * File names as they go over the wire.
 */
#include "element/upload_form.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define NAME_MAX_BYTES 255
#define EXTENSION_MAX_BYTES 16

/*
 * Characters that have no place in a name, as code points: controls, and what
 * breaks lines or turns the direction of what follows, so that a name cannot
 * look like another one.
 */
static const struct {
    uint32_t first, last;
} dropped[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c},
    {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

/* The code point of a valid sequence. */
static uint32_t decode(const char *text, size_t length)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)text[0] & lead_bits[length];

    for (size_t i = 1; i < length; i++) {
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    }
    return point;
}

static bool is_dropped(const char *text, size_t length)
{
    uint32_t point = decode(text, length);

    for (size_t i = 0; i < SE__COUNT(dropped); i++) {
        if (point >= dropped[i].first && point <= dropped[i].last) {
            return true;
        }
    }
    return false;
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

/* Keep at most so many bytes, on a character's boundary. */
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

static void shorten(char *name)
{
    size_t length = strlen(name);
    const char *dot = strrchr(name, '.');
    size_t extension = dot ? strlen(dot) : 0;
    size_t stem;

    if (length <= NAME_MAX_BYTES) {
        return;
    }
    if (extension > EXTENSION_MAX_BYTES) {
        extension = 0;
    }
    stem = cut(name, length - extension, NAME_MAX_BYTES - extension);
    memmove(name + stem, name + length - extension, extension);
    name[stem + extension] = '\0';
}

static void copy_kept(char *out, const char *from)
{
    size_t left = strlen(from);

    while (left > 0) {
        size_t taken = se__utf8_sequence(from, left);

        if (taken > 0 && !is_dropped(from, taken)) {
            memcpy(out, from, taken);
            out += taken;
        }
        taken = taken > 0 ? taken : 1; /* an invalid byte */
        from += taken;
        left -= taken;
    }
    *out = '\0';
}

char *se__upload_name(const char *name)
{
    const char *from = last_component(name);
    char *out = se__zalloc(strlen(from) + sizeof("unknown"));

    if (out) {
        copy_kept(out, from);
        shorten(out);
        if (out[strspn(out, " .")] == '\0') {
            memcpy(out, "unknown", sizeof("unknown"));
        }
    }
    return out;
}
