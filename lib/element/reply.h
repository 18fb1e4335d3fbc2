/*
 * What elements answer (wire-contract 3): parsers, bounded and strict.
 */
#ifndef SE_ELEMENT_REPLY_H
#define SE_ELEMENT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/capacity.h>
#include <artstore/error.h>

/* 2xx of an upload, or GET /api/v1/files/{id}: what is stored. */
typedef struct se__stored {
    char file_id[40];  /* as sent by the element, lower case */
    char checksum[65]; /* 64 hex digits, lower case; "" if not usable */
    int64_t size;      /* file_size or size; -1 if absent */
} se__stored;

/*
 * SE_E_PROTOCOL unless it is a JSON object with a file_id that is a UUID. A
 * missing or malformed checksum leaves `checksum` empty: the caller decides.
 */
se_err se__reply_stored(const char *body, size_t length, se__stored *out,
                        se_error *err);

/* Texts are "" where the element does not say. */
typedef struct se__capacity_reply {
    int64_t total, used, available; /* -1: not stated */
    double percent_used;            /* -1: not stated */
    se_health health;
    char mode[8];
    char storage_id[SE_ID_SIZE]; /* what it calls itself */
    char backend[32];
    char location[128];
    char last_update[48];
} se__capacity_reply;

/* 8 PiB: a figure above is none. */
#define SE__REPLY_BYTES_MAX ((int64_t)1 << 53)

/*
 * GET /api/v1/capacity. SE_E_PROTOCOL for negative, non-integer, impossible or
 * contradictory figures (used or available above total): an element that lies
 * is not believed.
 */
se_err se__reply_capacity(const char *body, size_t length,
                          se__capacity_reply *out, se_error *err);
/* GET /api/v1/info of elements without that route, in both shapes
 * (wire-contract 3.7, 11). Likewise. */
se_err se__reply_info(const char *body, size_t length, se__capacity_reply *out,
                      se_error *err);

/*
 * The reason in an error answer, for people: `detail` (string, or the first
 * msg of a list) or `error.message`; else the start of a text body; "" if
 * there is nothing to say. Control characters are replaced.
 */
void se__reply_detail(const char *body, size_t length, char *out, size_t size);
/* `error.code` ("MODE_NOT_ALLOWED"), "" if absent. */
void se__reply_code(const char *body, size_t length, char *out, size_t size);

/* Paths below an element's base URL, ready to use; NULL: out of memory. */
char *se__element_upload_url(const char *base);
char *se__element_capacity_url(const char *base);
char *se__element_info_url(const char *base);
char *se__element_file_url(const char *base, const char *file_id);
char *se__element_gc_url(const char *base, const char *file_id);

#endif
