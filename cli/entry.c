#include "entry.h"

#include <string.h>

#define WIDTH 79
#define INDENT 2

/* How much of the text fits: up to a blank, else the first word whole. */
static size_t fitting(const char *text, size_t room)
{
    size_t length = strlen(text);
    size_t end = room;

    if (length <= room) {
        return length;
    }
    while (end > 0 && text[end] != ' ') {
        end--;
    }
    return end > 0 ? end : strcspn(text, " ");
}

void entry_print(FILE *out, size_t columns, const char *left, const char *right)
{
    size_t used = INDENT + strlen(left);
    size_t start = INDENT + columns + 1;

    fprintf(out, "%*s%s", INDENT, "", left);
    if (used >= start) {
        fputc('\n', out);
        used = 0;
    }
    while (*right) {
        size_t n = fitting(right, WIDTH - start);

        fprintf(out, "%*s%.*s\n", (int)(start - used), "", (int)n, right);
        used = 0;
        right += n;
        right += strspn(right, " ");
    }
}
