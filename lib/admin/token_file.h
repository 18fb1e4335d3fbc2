/*
 * A bearer token in a file, read at first need and again when it is refused.
 */
#ifndef SE_ADMIN_TOKEN_FILE_H
#define SE_ADMIN_TOKEN_FILE_H

#include <stddef.h>

#include <artstore/error.h>

typedef struct se__token_file se__token_file;

se_err se__token_file_new(const char *path, se__token_file **out,
                          se_error *err);
void se__token_file_free(se__token_file *file);

/* A se_token_fn; user is the se__token_file. Any thread. */
se_err se__token_file_get(void *user, const char *stale, char *token,
                          size_t capacity, se_error *err);

#endif
