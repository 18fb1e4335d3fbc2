#include "base/text.h"

#include <string.h>

#include "base/mem.h"

/*
 * The well-formed sequences of Unicode's table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF.
 */
typedef struct utf8_form {
    unsigned char low, high;  /* first byte */
    unsigned char next, last; /* second byte */
    size_t length;
} utf8_form;

static const utf8_form forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool is_tail(unsigned char byte)
{
    return byte >= 0x80 && byte <= 0xbf;
}

static const utf8_form *form_of(unsigned char first)
{
    for (size_t i = 0; i < SE__COUNT(forms); i++) {
        if (first >= forms[i].low && first <= forms[i].high) {
            return &forms[i];
        }
    }
    return NULL;
}

size_t se__utf8_sequence(const char *text, size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    const utf8_form *form;

    if (left > 0 && at[0] < 0x80) {
        return 1;
    }
    form = left > 0 ? form_of(at[0]) : NULL;
    if (!form || left < form->length || at[1] < form->next ||
        at[1] > form->last) {
        return 0;
    }
    for (size_t i = 2; i < form->length; i++) {
        if (!is_tail(at[i])) {
            return 0;
        }
    }
    return form->length;
}

int32_t se__utf8_read(const char **at)
{
    unsigned char lead = (unsigned char)*(*at)++;
    int tails = (lead >= 0xc0) + (lead >= 0xe0) + (lead >= 0xf0);
    int32_t code = tails ? lead & (0x3f >> tails) : lead;

    while (tails-- > 0) {
        code = code << 6 | (*(*at)++ & 0x3f);
    }
    return code;
}

/* Eight bytes at once: most of what passes here is ASCII. */
static size_t skip_ascii(const char *text, size_t length)
{
    size_t at = 0;

    while (length - at >= sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, text + at, sizeof(word));
        if (word & UINT64_C(0x8080808080808080)) {
            break;
        }
        at += sizeof(word);
    }
    return at;
}

bool se__utf8_valid(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t taken = skip_ascii(text + at, length - at);

        at += taken;
        if (at < length && taken == 0) {
            taken = se__utf8_sequence(text + at, length - at);
            if (taken == 0) {
                return false;
            }
            at += taken;
        }
    }
    return true;
}

size_t se__utf8_length(const char *text, size_t length)
{
    size_t characters = 0;

    for (size_t i = 0; i < length; i++) {
        characters += !is_tail((unsigned char)text[i]);
    }
    return characters;
}

bool se__text_is_clean(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

bool se__parse_int64(const char *text, size_t length, int64_t *value)
{
    bool negative = length > 0 && text[0] == '-';
    int64_t sum = 0;

    if (length == (negative ? 1 : 0)) {
        return false;
    }
    for (size_t i = negative ? 1 : 0; i < length; i++) {
        int digit = text[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_sub_overflow(sum, digit, &sum)) {
            return false;
        }
    }
    /* Summed below zero, where the range is one larger. */
    if (!negative && sum == INT64_MIN) {
        return false;
    }
    *value = negative ? sum : -sum;
    return true;
}

void se__hex(char *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

size_t se__text_fit(const char *text, size_t size)
{
    size_t length = strlen(text);
    size_t back = 0;

    if (size == 0) {
        return 0;
    }
    if (length < size) {
        return length;
    }
    length = size - 1;
    /* A sequence has at most three tails; more are no UTF-8. */
    while (back < length && back < 3 &&
           is_tail((unsigned char)text[length - back])) {
        back++;
    }
    return is_tail((unsigned char)text[length - back]) ? length : length - back;
}

void se__copy_text(char *out, size_t size, const char *text)
{
    size_t length = se__text_fit(text, size);

    if (size > 0) {
        memcpy(out, text, length);
        out[length] = '\0';
    }
}

static bool is_printable(const char *sequence, size_t length)
{
    bool is_c1 = length == 2 && (unsigned char)sequence[0] == 0xc2 &&
                 (unsigned char)sequence[1] < 0xa0;

    return length > 0 && !is_c1 && se__text_is_clean(sequence, length);
}

void se__clean_copy(char *out, size_t size, const char *text)
{
    size_t left = strlen(text);
    size_t at = 0;

    while (left > 0) {
        size_t taken = se__utf8_sequence(text, left);
        bool good = is_printable(text, taken);

        if (at + (good ? taken : 1) >= size) {
            break;
        }
        if (good) {
            memcpy(out + at, text, taken);
            at += taken;
        } else {
            out[at++] = '?';
        }
        taken = taken ? taken : 1;
        text += taken;
        left -= taken;
    }
    if (size > 0) {
        out[at] = '\0';
    }
}

bool se__id_valid(const char *id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(id);

    return length >= 1 && length <= 64 && strspn(id, allowed) == length;
}
