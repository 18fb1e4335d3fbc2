/*
 * Memory: zeroed allocations, copies, secrets.
 */
#ifndef SE_BASE_MEM_H
#define SE_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define SE__COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The structure that contains a member. */
#define SE__CONTAINER(pointer, type, member)                                   \
    ((type *)((char *)(pointer)-offsetof(type, member)))

void *se__zalloc(size_t size);                 /* zeroed; NULL: out of memory */
void *se__zalloc_array(size_t n, size_t size); /* checked for overflow */
void *se__dup(const void *data, size_t length);
char *se__strdup(const char *text); /* NULL in, NULL out */
/* Exactly `length` bytes and a terminator. */
char *se__strndup(const char *text, size_t length);

/*
 * Replace *owned by a copy of text (NULL: by NULL), which may lie inside it;
 * false (nothing changed): out of memory.
 */
bool se__str_set(char **owned, const char *text);

/* Wipe and free a secret. NULL is a no-op. */
void se__secret_free(char *secret);

#endif
