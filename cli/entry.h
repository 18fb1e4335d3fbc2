/*
 * A word and what it means, side by side within 80 columns.
 */
#ifndef CLI_ENTRY_H
#define CLI_ENTRY_H

#include <stddef.h>
#include <stdio.h>

/* `left` in so many columns, or on a line of its own; `right` is wrapped. */
void entry_print(FILE *out, size_t columns, const char *left,
                 const char *right);

#endif
