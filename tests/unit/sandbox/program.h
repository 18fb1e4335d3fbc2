/*
 * A program that a test runs and talks to.
 */
#ifndef SANDBOX_TEST_PROGRAM_H
#define SANDBOX_TEST_PROGRAM_H

#include <stdio.h>
#include <sys/types.h>

typedef struct program {
    pid_t pid;
    FILE *in;
    FILE *out; /* its standard output and error */
    char line[4096];
} program;

/* `arguments` from argv[0] to NULL; the path as execvp takes it. */
void program_run(program *p, const char *path, const char *const *arguments);
/* The next line without its end; "" when there is none. */
const char *program_line(program *p);
/* Closes its input, waits for it; its exit status, -1 for a signal. */
int program_end(program *p);

#endif
