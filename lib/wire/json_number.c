#include "wire/json_number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_DIGITS 15 /* of an integer that a double holds */

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

/* Digits behind a point or an exponent: at least one. */
static const char *need_digits(const char *at, const char *end)
{
    const char *behind = skip_digits(at, end);

    return behind == at ? NULL : behind;
}

static const char *skip_exponent(const char *at, const char *end)
{
    at++;
    if (at < end && (*at == '+' || *at == '-')) {
        at++;
    }
    return need_digits(at, end);
}

const char *se__json_number_end(const char *at, const char *end, bool *odd)
{
    bool negative = at < end && *at == '-';
    const char *digits = at + negative;
    const char *behind = skip_digits(digits, end);

    if (behind == digits || (*digits == '0' && behind - digits > 1)) {
        return NULL;
    }
    *odd = behind - digits > EXACT_DIGITS || (negative && *digits == '0');
    if (behind < end && *behind == '.') {
        *odd = true;
        behind = need_digits(behind + 1, end);
    }
    if (behind && behind < end && (*behind | 0x20) == 'e') {
        *odd = true;
        behind = skip_exponent(behind, end);
    }
    return behind;
}

/* A constant in the C libraries that we know: nothing is allocated. */
static locale_t c_locale(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

double se__json_number_value(const char *text, size_t length)
{
    char copy[SE__JSON_NUMBER_MAX + 1];
    locale_t locale = c_locale();
    double value;

    length = length < sizeof(copy) ? length : sizeof(copy) - 1;
    memcpy(copy, text, length);
    copy[length] = '\0';
    value = strtod_l(copy, NULL, locale);
    freelocale(locale);
    return value;
}

bool se__json_number_fits(const char *text, size_t length)
{
    return isfinite(se__json_number_value(text, length));
}
