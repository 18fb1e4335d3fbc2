/* Meets a failing allocation in the way that its argument names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failnth.h"

/* Four allocations: malloc, calloc, realloc, and one inside libc. */
static int work(char **a, char **b, char **c)
{
    *a = malloc(10);
    *b = *a ? calloc(2, 10) : NULL;
    *c = *b ? realloc(NULL, 10) : NULL;
    if (*c) {
        char *copy = strdup("copied");

        free(copy);
        return copy != NULL;
    }
    return 0;
}

static void meet(const char *how)
{
    if (strcmp(how, "crash") == 0) {
        abort();
    }
    if (strcmp(how, "refuse") == 0) {
        exit(3);
    }
    if (strcmp(how, "hang") == 0) {
        pause();
    }
    if (strcmp(how, "vanish") == 0) {
        _exit(0); /* without a report */
    }
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "good";
    char *a = NULL;
    char *b = NULL;
    char *c = NULL;
    int done;

    if (strcmp(how, "idle") == 0) {
        return 0;
    }
    failnth_arm();
    done = work(&a, &b, &c);
    if (!done) {
        meet(how);
    }
    if (done || strcmp(how, "leak") != 0) {
        free(a);
    }
    free(b);
    free(c);
    printf("%lu\n", failnth_disarm());
    return 0;
}
