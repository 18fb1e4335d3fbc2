#include "wire/json_string.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "wire/json_keys.h"

/* What stands behind the backslash, and what it means. */
static const char short_escapes[] = "\"\\/bfnrt";
static const char short_meanings[] = "\"\\/\b\f\n\r\t";

/* Four hex digits; negative: not there. */
static int32_t read_hex4(const char *at, size_t left)
{
    int32_t value = 0;

    if (left < 4) {
        return SE__JSON_BAD_ESCAPE;
    }
    for (int i = 0; i < 4; i++) {
        char c = at[i];

        value *= 16;
        if (c >= '0' && c <= '9') {
            value += c - '0';
        } else if (c >= 'a' && c <= 'f') {
            value += c - 'a' + 10;
        } else if (c >= 'A' && c <= 'F') {
            value += c - 'A' + 10;
        } else {
            return SE__JSON_BAD_ESCAPE;
        }
    }
    return value;
}

static bool is_surrogate(int32_t code, int32_t first)
{
    return code >= first && code < first + 0x400;
}

/* *at is behind "\u". */
static int32_t read_unicode(const char **at, size_t left)
{
    int32_t code = read_hex4(*at, left);
    int32_t low;

    if (code < 0 || (code & 0xf800) != 0xd800) {
        *at += code < 0 ? 0 : 4;
        return code;
    }
    if (!is_surrogate(code, 0xd800) || left < 6 || (*at)[4] != '\\' ||
        (*at)[5] != 'u') {
        return SE__JSON_HALF_PAIR;
    }
    low = read_hex4(*at + 6, left - 6);
    if (!is_surrogate(low, 0xdc00)) {
        return low < 0 ? SE__JSON_BAD_ESCAPE : SE__JSON_HALF_PAIR;
    }
    *at += 10;
    return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

int32_t se__json_escape_read(const char **at, size_t left)
{
    const char *behind, *meaning;
    int32_t code;

    if (left < 2 || (*at)[1] == '\0') {
        return SE__JSON_BAD_ESCAPE;
    }
    behind = *at + 2;
    if (behind[-1] == 'u') {
        code = read_unicode(&behind, left - 2);
    } else {
        meaning = strchr(short_escapes, behind[-1]);
        code = meaning ? short_meanings[meaning - short_escapes]
                       : SE__JSON_BAD_ESCAPE;
    }
    if (code >= 0) {
        *at = behind;
    }
    return code;
}

size_t se__json_utf8(int32_t code, char out[4])
{
    static const struct {
        int32_t below;
        unsigned char lead;
    } forms[] = {{0x80, 0}, {0x800, 0xc0}, {0x10000, 0xe0}, {0x110000, 0xf0}};
    size_t length = 0;

    while (code >= forms[length].below) {
        length++;
    }
    for (size_t i = length; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(forms[length].lead | code);
    return length + 1;
}

static bool is_plain(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Is one of eight bytes not plain? A subtraction that borrows sets the high
 * bit of its byte. */
static bool has_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';

    return ((word | (word - ones * 0x20) | (quote - ones) |
             (backslash - ones)) &
            ones << 7) != 0;
}

static const char *skip_plain(const char *at, const char *end)
{
    uint64_t word;

    while (end - at >= 8) {
        memcpy(&word, at, sizeof(word));
        if (has_special(word)) {
            break;
        }
        at += 8;
    }
    while (at < end && is_plain(*at)) {
        at++;
    }
    return at;
}

static const char *skip_escape(const char **at, const char *end,
                               se__json_hash *hash)
{
    const char *behind = *at;
    int32_t code = se__json_escape_read(&behind, (size_t)(end - *at));
    char text[4];

    if (code <= 0) {
        return code == 0                    ? "U+0000 in a string"
               : code == SE__JSON_HALF_PAIR ? "half a surrogate pair"
                                            : "invalid escape";
    }
    if (hash) {
        se__json_hash_add(hash, text, se__json_utf8(code, text));
    }
    *at = behind;
    return NULL;
}

/* Bytes that stand for themselves: a run of plain ones, or one character. */
static const char *skip_bytes(const char **at, const char *end,
                              se__json_hash *hash)
{
    const char *behind = skip_plain(*at, end);

    if (behind == *at) {
        if ((unsigned char)*behind < 0x20) {
            return "control character in a string";
        }
        behind += se__utf8_sequence(behind, (size_t)(end - behind));
        if (behind == *at) {
            return "invalid UTF-8";
        }
    }
    if (hash) {
        se__json_hash_add(hash, *at, (size_t)(behind - *at));
    }
    *at = behind;
    return NULL;
}

const char *se__json_string_skip(const char **at, const char *end,
                                 se__json_hash *hash)
{
    const char *wrong = NULL;

    for (++*at; *at < end && wrong == NULL;) {
        if (**at == '"') {
            ++*at;
            return NULL;
        }
        wrong = **at == '\\' ? skip_escape(at, end, hash)
                             : skip_bytes(at, end, hash);
    }
    return wrong ? wrong : "no closing quote";
}
