/*
 * Random UUIDs (RFC 9562, version 4) and random numbers.
 */
#ifndef SE_BASE_UUID_H
#define SE_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/error.h>

#define SE__UUID_SIZE 37

/* Lower case, from the kernel's random numbers. */
se_err se__uuid_make(char out[SE__UUID_SIZE], se_error *err);
/* 8-4-4-4-12 hex digits, any case. */
bool se__uuid_valid(const char *text);
/* For jitter, not for secrets; any thread, never fails. */
uint64_t se__random(void);

#endif
