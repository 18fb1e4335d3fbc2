/*
 * Numbers as Python writes them.
 */
#ifndef SE_CAPACITY_FLOAT_TEXT_H
#define SE_CAPACITY_FLOAT_TEXT_H

#include <stddef.h>

#define SE__FLOAT_TEXT_SIZE 40

/*
 * repr(value): the shortest text that reads back exactly, "50.0", "1e-05",
 * "1e+16"; "0.0" for what is not finite.
 */
void se__float_text(char *out, size_t size, double value);

#endif
