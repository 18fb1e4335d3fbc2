/*
 * The upload request of an element: multipart/form-data (wire-contract 3.8),
 * with our file_id. Builds bytes; sends nothing.
 *
 * The form is what stands before and what stands behind the file's bytes; both
 * are built once per job and are the same in every attempt.
 */
#ifndef SE_ELEMENT_UPLOAD_FORM_H
#define SE_ELEMENT_UPLOAD_FORM_H

#include <stdint.h>

#include <artstore/error.h>
#include <artstore/selector.h>

#include "base/buf.h"

/* What the form says; already checked (se__upload_check). NULL: not there. */
typedef struct se__upload_fields {
    const char *file_id;
    const char *name;
    const char *content_type;
    const char *description;    /* empty part if NULL */
    const char *uploaded_by;    /* likewise */
    const char *uploaded_by_id; /* likewise */
    const char *metadata;       /* JSON object; left out if NULL or empty */
    se_retention retention;
    int ttl_days;
    int64_t now_wall_us; /* ttl_expires_at counts from here */
} se__upload_fields;

/* 32 hex digits and the terminator. */
#define SE__BOUNDARY_SIZE 33

typedef struct se__upload_form {
    char *before;
    size_t before_length;
    char *after;
    size_t after_length;
    char content_type[80]; /* multipart/form-data; boundary=... */
} se__upload_form;

/*
 * Parts in order: file_id, description, uploaded_by_username, uploaded_by_id,
 * retention_policy, ttl_days, ttl_expires_at, metadata, file. The boundary is
 * 32 random hex digits that occur in none of the parts.
 */
se_err se__upload_form_build(const se__upload_fields *fields,
                             se__upload_form *out, se_error *err);
/* The same with this boundary; SE_E_CONFLICT if it occurs in a part. */
se_err se__upload_form_build_with(const se__upload_fields *fields,
                                  const char *boundary, se__upload_form *out,
                                  se_error *err);
void se__upload_form_fini(se__upload_form *form);

/*
 * What an element would answer 500 or 422 to is refused here, before any
 * contact: name over 500 or description over 1000 characters, invalid UTF-8,
 * control characters in content type and user (in a name they are dropped),
 * metadata that is no object, TTL out of 1-365, file_id no UUID. SE_E_INVALID.
 */
se_err se__upload_check(const se__upload_fields *fields, se_error *err);

/*
 * A file name as it goes over the wire: the last path component, control and
 * bidirectional characters, line separators and invalid bytes dropped, at most
 * 255 bytes on a UTF-8 boundary with an extension of up to 16 bytes kept,
 * "unknown" if nothing but blanks or dots is left. Owned; NULL: out of memory.
 */
char *se__upload_name(const char *name);

#endif
