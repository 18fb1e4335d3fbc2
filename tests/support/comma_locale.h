/*
 * A locale whose decimal point is a comma, made for the test.
 */
#ifndef TESTS_COMMA_LOCALE_H
#define TESTS_COMMA_LOCALE_H

#include <stdbool.h>

/* Make it and set it; false: said that this system cannot make one. */
bool comma_locale_set(void);

#endif
