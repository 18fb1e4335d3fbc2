/*
 * Rows with aligned columns, for people.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 9

typedef struct table table;

/* The first row is the heading. NULL: out of memory. */
table *table_new(size_t columns, const char *const *heading);
/* Copies. What stands in a cell is made fit for a terminal. */
void table_row(table *t, const char *const *cells);
void table_print(table *t, FILE *out); /* and frees */

#endif
