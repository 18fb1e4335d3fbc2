#include "ident.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

int64_t sb_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sb_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sb_time_print(int64_t us, char out[SB_TIME_SIZE])
{
    time_t seconds = (time_t)(us / 1000000);
    char date[24];
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) ||
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        date[0] = '\0';
    }
    snprintf(out, SB_TIME_SIZE, "%s.%06dZ", date, (int)(us % 1000000));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_bytes(const char *string, uint8_t *out, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int high = hex_value(string[2 * i]);
        int low = high < 0 ? -1 : hex_value(string[2 * i + 1]);

        if (low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool sb_hex_parse(const char *string, uint8_t *out, size_t length)
{
    return strlen(string) == 2 * length && hex_bytes(string, out, length);
}

void sb_hex_print(const uint8_t *bytes, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * length] = '\0';
}

/* Bytes of each group of 8-4-4-4-12 digits. */
static const size_t uuid_groups[] = {4, 2, 2, 2, 6};

bool sb_uuid_parse(const char *string, uint8_t out[SB_UUID_BYTES])
{
    if (strlen(string) != SB_UUID_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(uuid_groups) / sizeof(*uuid_groups); i++) {
        if ((i > 0 && *string++ != '-') ||
            !hex_bytes(string, out, uuid_groups[i])) {
            return false;
        }
        string += 2 * uuid_groups[i];
        out += uuid_groups[i];
    }
    return true;
}

void sb_uuid_print(const uint8_t id[SB_UUID_BYTES], char out[SB_UUID_SIZE])
{
    for (size_t i = 0; i < sizeof(uuid_groups) / sizeof(*uuid_groups); i++) {
        if (i > 0) {
            *out++ = '-';
        }
        sb_hex_print(id, uuid_groups[i], out);
        out += 2 * uuid_groups[i];
        id += uuid_groups[i];
    }
}

bool sb_uuid_new(uint8_t out[SB_UUID_BYTES])
{
    if (RAND_bytes(out, SB_UUID_BYTES) != 1) {
        return false;
    }
    out[6] = (uint8_t)(0x40 | (out[6] & 0x0f));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f));
    return true;
}

bool sb_number_parse(const char *string, int64_t *out)
{
    int64_t value = 0;

    if (!*string) {
        return false;
    }
    for (; *string; string++) {
        if (*string < '0' || *string > '9' || value > (INT64_MAX - 9) / 10) {
            return false;
        }
        value = value * 10 + (*string - '0');
    }
    *out = value;
    return true;
}
