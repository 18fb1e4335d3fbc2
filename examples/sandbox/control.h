/*
 * Commands of people and shell tests to a running sandbox, one a line.
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include <stdio.h>

#include "sandbox.h"

typedef struct control {
    sandbox *sandbox;
    const char *document; /* where `document` writes */
    FILE *out;
    bool quit;
} control;

/* Does what `line` says and prints one line about it; changes `line`. */
void control_line(control *control, char *line);

/* Prints why; always false. */
bool control_error(control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `fault ID ROUTE WHEN ACTION [key=value ...]`; false: an error was printed. */
bool control_fault(control *control, char **words, size_t n);

#endif
