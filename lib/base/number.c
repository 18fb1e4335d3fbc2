#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Up to 15 digits are found by the first try; subnormals need fewer. */
void se__double_print(double value, char out[SE__DOUBLE_SIZE])
{
    /* A constant in the C libraries that we know: nothing is allocated. */
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(locale);

    for (int digits = isnormal(value) ? 15 : 1; digits <= 17; digits++) {
        snprintf(out, SE__DOUBLE_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    uselocale(before);
    freelocale(locale);
}
