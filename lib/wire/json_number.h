/*
 * Numbers in JSON (RFC 8259, 6), read without the locale and without loss.
 */
#ifndef SE_WIRE_JSON_NUMBER_H
#define SE_WIRE_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Longer ones are refused: cJSON would cut them. */
#define SE__JSON_NUMBER_MAX 63

/*
 * The end of the number that starts at `at`; NULL: there is none or it is
 * malformed. *odd: it is more than an integer of at most 15 digits, which a
 * double holds exactly; its text is needed.
 */
const char *se__json_number_end(const char *at, const char *end, bool *odd);

/* The nearest double; the number is at most SE__JSON_NUMBER_MAX bytes long. */
double se__json_number_value(const char *text, size_t length);
/* Likewise: is it finite? */
bool se__json_number_fits(const char *text, size_t length);

/*
 * The text of a number that is odd in that sense; NULL: another number, or
 * none.
 */
struct se__json_value;
const char *se__json_number_text(const struct se__json_value *value);

#endif
