/*
 * SHA-256, streaming, by OpenSSL.
 */
#ifndef SE_BASE_SHA256_H
#define SE_BASE_SHA256_H

#include <stddef.h>

#include <artstore/error.h>

#define SE__SHA256_HEX_SIZE 65

typedef struct se__sha256 {
    void *context; /* NULL until the first start */
} se__sha256;

/* (Re)start; allocates at the first call. */
se_err se__sha256_start(se__sha256 *sha, se_error *err);
void se__sha256_update(se__sha256 *sha, const void *data, size_t length);
/* 64 lower-case hex digits; start again before the next update. */
void se__sha256_finish(se__sha256 *sha, char hex[SE__SHA256_HEX_SIZE]);
void se__sha256_fini(se__sha256 *sha);

/* Of the OpenSSL that runs, e.g. "3.0.15". */
const char *se__crypto_version(void);

#endif
