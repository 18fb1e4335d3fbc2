#include "table.h"

#include <stdlib.h>
#include <string.h>

typedef struct row {
    struct row *next;
    char *cells[TABLE_COLUMNS];
} row;

struct table {
    size_t columns;
    size_t width[TABLE_COLUMNS];
    row *first;
    row **end;
};

/* Columns that a text takes: its characters, not its bytes. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static char *clean_copy(const char *text)
{
    char *copy = strdup(text);

    for (char *c = copy; c && *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
    return copy;
}

table *table_new(size_t columns, const char *const *heading)
{
    table *t = calloc(1, sizeof(*t));

    if (t) {
        t->columns = columns;
        t->end = &t->first;
        table_row(t, heading);
    }
    return t;
}

void table_row(table *t, const char *const *cells)
{
    row *r = t ? calloc(1, sizeof(*r)) : NULL;

    if (!r) {
        return;
    }
    for (size_t i = 0; i < t->columns; i++) {
        size_t width;

        r->cells[i] = clean_copy(cells[i]);
        width = r->cells[i] ? width_of(r->cells[i]) : 0;
        if (width > t->width[i]) {
            t->width[i] = width;
        }
    }
    *t->end = r;
    t->end = &r->next;
}

/* Nothing stands behind the last text of a row, not even a blank. */
static void print_row(const table *t, const row *r, FILE *out)
{
    size_t pad = 0;

    for (size_t i = 0; i < t->columns; i++) {
        const char *text = r->cells[i] ? r->cells[i] : "";

        if (text[0] != '\0') {
            fprintf(out, "%*s%s", (int)pad, "", text);
            pad = 0;
        }
        pad += t->width[i] - width_of(text) + 2;
    }
    fputc('\n', out);
}

void table_print(table *t, FILE *out)
{
    if (!t) {
        return;
    }
    while (t->first) {
        row *r = t->first;

        t->first = r->next;
        print_row(t, r, out);
        for (size_t i = 0; i < t->columns; i++) {
            free(r->cells[i]);
        }
        free(r);
    }
    free(t);
}
