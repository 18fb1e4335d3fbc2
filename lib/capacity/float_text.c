#include "capacity/float_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_number.h"

#define DIGITS_MAX 17
/* Python writes an exponent below the first and from the second on. */
#define POINT_LEAST (-4)
#define POINT_MOST 16

typedef struct decimal {
    bool negative;
    char digits[DIGITS_MAX + 1]; /* without trailing zeros, at least one */
    int exponent;                /* of the first digit */
} decimal;

static void take_apart(const char *scientific, decimal *out)
{
    const char *e = strchr(scientific, 'e');
    size_t n = 0;

    out->negative = scientific[0] == '-';
    for (const char *c = scientific; c < e; c++) {
        if (*c >= '0' && *c <= '9') {
            out->digits[n++] = *c;
        }
    }
    while (n > 1 && out->digits[n - 1] == '0') {
        n--;
    }
    out->digits[n] = '\0';
    out->exponent = 0;
    for (const char *c = e + 2; *c; c++) {
        out->exponent = out->exponent * 10 + (*c - '0');
    }
    if (e[1] == '-') {
        out->exponent = -out->exponent;
    }
}

static void shortest(double value, decimal *out)
{
    char text[SE__FLOAT_TEXT_SIZE];

    memset(out, 0, sizeof(*out));
    for (int precision = 0; precision < DIGITS_MAX; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, value);
        if (se__json_number_value(text, strlen(text)) == value) {
            break;
        }
    }
    take_apart(text, out);
}

static void with_exponent(const decimal *d, char *out, size_t size)
{
    bool more = d->digits[1] != '\0';

    snprintf(out, size, "%s%c%s%se%c%02d", d->negative ? "-" : "", d->digits[0],
             more ? "." : "", d->digits + 1, d->exponent < 0 ? '-' : '+',
             abs(d->exponent));
}

static void below_one(const decimal *d, char *out, size_t size)
{
    static const char zeros[] = "000";

    snprintf(out, size, "%s0.%.*s%s", d->negative ? "-" : "", -d->exponent - 1,
             zeros, d->digits);
}

static void from_one(const decimal *d, char *out, size_t size)
{
    int n = (int)strlen(d->digits);
    int whole = d->exponent + 1;
    int zeros = whole > n ? whole - n : 0;

    snprintf(out, size, "%s%.*s%.*s.%s", d->negative ? "-" : "", whole,
             d->digits, zeros, "0000000000000000",
             n > whole ? d->digits + whole : "0");
}

void se__float_text(char *out, size_t size, double value)
{
    decimal d;

    if (!isfinite(value) || value == 0) {
        snprintf(out, size, "0.0");
        return;
    }
    shortest(value, &d);
    if (d.exponent < POINT_LEAST || d.exponent >= POINT_MOST) {
        with_exponent(&d, out, size);
    } else if (d.exponent < 0) {
        below_one(&d, out, size);
    } else {
        from_one(&d, out, size);
    }
}
