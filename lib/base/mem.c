#include "base/mem.h"

#include <stdint.h>
#include <string.h>

void *se__zalloc(size_t size)
{
    return calloc(1, size ? size : 1);
}

void *se__zalloc_array(size_t n, size_t size)
{
    size_t total;

    /* calloc checks as well, but sanitizers end the process there. */
    return __builtin_mul_overflow(n, size, &total) ? NULL : se__zalloc(total);
}

void *se__dup(const void *data, size_t length)
{
    void *copy = malloc(length ? length : 1);

    if (copy && length) {
        memcpy(copy, data, length);
    }
    return copy;
}

char *se__strndup(const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *se__strdup(const char *text)
{
    return text ? se__strndup(text, strlen(text)) : NULL;
}

bool se__str_set(char **owned, const char *text)
{
    char *copy = se__strdup(text);

    if (text && !copy) {
        return false;
    }
    free(*owned);
    *owned = copy;
    return true;
}

void se__secret_free(char *secret)
{
    if (secret) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}
