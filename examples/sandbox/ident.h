/*
 * Times, UUIDs, hex digits and numbers, as text and back.
 */
#ifndef SANDBOX_IDENT_H
#define SANDBOX_IDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SB_TIME_SIZE 40
int64_t sb_now_us(void); /* wall clock */
int64_t sb_monotonic_ms(void);
/* "2026-03-01T09:15:30.123456Z" */
void sb_time_print(int64_t us, char out[SB_TIME_SIZE]);

#define SB_UUID_BYTES 16
#define SB_UUID_SIZE 37
bool sb_uuid_parse(const char *string, uint8_t out[SB_UUID_BYTES]);
void sb_uuid_print(const uint8_t id[SB_UUID_BYTES], char out[SB_UUID_SIZE]);
bool sb_uuid_new(uint8_t out[SB_UUID_BYTES]);

#define SB_SHA_BYTES 32
#define SB_SHA_SIZE 65
bool sb_hex_parse(const char *string, uint8_t *out, size_t length);
void sb_hex_print(const uint8_t *bytes, size_t length, char *out);

/* Digits alone, no sign; false if none, too many, or something else. */
bool sb_number_parse(const char *string, int64_t *out);

#endif
