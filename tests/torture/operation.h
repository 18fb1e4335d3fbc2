/*
 * What a torture program does again and again, and how it is judged.
 */
#ifndef TESTS_OPERATION_H
#define TESTS_OPERATION_H

#include <stdbool.h>

typedef struct operation {
    const char *name;
    /* What was wrong, or NULL; *ok: it succeeded. */
    const char *(*run)(bool *ok);
} operation;

/*
 * Run it before, what others allocate once and keep; armed; and afterwards,
 * everything again. True: as it should be, and nothing leaked.
 */
bool operation_survives(const operation *it);

#endif
