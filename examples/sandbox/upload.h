/*
 * An upload while it is taken: upload_form.c fills it, upload.c stores it.
 */
#ifndef SANDBOX_UPLOAD_H
#define SANDBOX_UPLOAD_H

#include "connection.h"

/* The text fields that the element understands. */
typedef enum sb_field {
    SB_FIELD_FILE_ID,
    SB_FIELD_DESCRIPTION,
    SB_FIELD_VERSION,
    SB_FIELD_TRANSACTION,
    SB_N_FIELDS
} sb_field;

typedef enum sb_part_kind {
    SB_PART_IGNORED,
    SB_PART_TEXT,
    SB_PART_FILE
} sb_part_kind;

typedef struct sb_upload {
    sb_connection *connection;
    sb_incoming incoming;
    char *window;
    int64_t room; /* bytes that may come, -1: all */
    sb_part_kind part;
    sb_field field; /* of the part; SB_N_FIELDS: one we do not know */
    bool has_file;
    bool bad_form;
    bool overflow;
    sb_text fields[SB_N_FIELDS];
    bool has_field[SB_N_FIELDS];
    sb_text all; /* every text field, as members of a JSON object */
    sb_text value;
    sb_text filename;
    sb_text content_type;
    sb_text attributes;
} sb_upload;

/* As the form calls them. */
extern const char *const sb_field_names[SB_N_FIELDS];

/* The answer of a full element. */
void sb_reply_full(sb_connection *c);

#endif
