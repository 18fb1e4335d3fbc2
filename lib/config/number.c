/*
 * Words and numbers in the spellings that people use.
 */
#include "config/number.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define BLANKS " \t\r\n\v\f"

se__trimmed se__trim(const char *value)
{
    se__trimmed t;

    t.at = value + strspn(value, BLANKS);
    t.length = strlen(t.at);
    while (t.length > 0 && strchr(BLANKS, t.at[t.length - 1])) {
        t.length--;
    }
    return t;
}

static bool is_word(se__trimmed t, const char *word, size_t length)
{
    return t.length == length && strncasecmp(t.at, word, length) == 0;
}

int se__word_position(se__trimmed t, const char *words)
{
    for (int i = 0;; i++) {
        size_t length = strcspn(words, "|");

        if (is_word(t, words, length)) {
            return i;
        }
        if (words[length] == '\0') {
            return -1;
        }
        words += length + 1;
    }
}

bool se__take_thousandths(se__trimmed t, int64_t *out)
{
    const char *point = memchr(t.at, '.', t.length);
    size_t whole = point ? (size_t)(point - t.at) : t.length;
    int64_t value = 0;
    int64_t unit = 1000;

    if (whole == 0 || (point && whole + 1 == t.length) ||
        !se__parse_int64(t.at, whole, &value) || value < 0 || t.at[0] == '-' ||
        __builtin_mul_overflow(value, unit, &value)) {
        return false;
    }
    for (size_t i = whole + 1; i < t.length; i++) {
        int64_t digit = t.at[i] - '0';

        unit /= 10;
        if (digit < 0 || digit > 9 || (unit == 0 && digit > 0) ||
            __builtin_add_overflow(value, digit * unit, &value)) {
            return false;
        }
    }
    *out = value;
    return true;
}

bool se__take_with_unit(se__trimmed t, const se__unit *units, size_t n,
                        int64_t *out)
{
    size_t digits = strspn(t.at, "0123456789");
    int64_t value;

    if (digits > t.length || !se__parse_int64(t.at, digits, &value)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const char *name = units[i].name;

        if (strlen(name) == t.length - digits &&
            strncmp(t.at + digits, name, t.length - digits) == 0) {
            return !__builtin_mul_overflow(value, units[i].factor, out);
        }
    }
    return false;
}

void se__print_thousandths(int64_t value, char out[SE__THOUSANDTHS_SIZE])
{
    int n = snprintf(out, SE__THOUSANDTHS_SIZE, "%lld.%03lld",
                     (long long)(value / 1000), (long long)(value % 1000));

    while (out[n - 1] == '0') {
        out[--n] = '\0';
    }
    if (out[n - 1] == '.') {
        out[n - 1] = '\0';
    }
}
