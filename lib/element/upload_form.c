/*
 * The bytes before and behind the file. Values go in as they are: only the
 * boundary ends a part, and it occurs in none of them.
 */
#include "element/upload_form.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "wire/json.h"

#define DAY_US (INT64_C(86400) * 1000000)
/* Of 122 random bits the first will do; this only bounds the loop. */
#define BOUNDARY_TRIES 4

typedef struct form_writer {
    se__buf buf;
    const char *boundary;
    size_t parts;
} form_writer;

/* ---- parts ---- */

static void begin_part(form_writer *w, const char *name)
{
    se__buf_printf(&w->buf,
                   "--%s\r\nContent-Disposition: form-data; name=\"%s\"",
                   w->boundary, name);
    w->parts++;
}

static void add_text(form_writer *w, const char *name, const char *value)
{
    begin_part(w, name);
    se__buf_puts(&w->buf, "\r\n\r\n");
    se__buf_puts(&w->buf, value ? value : "");
    se__buf_puts(&w->buf, "\r\n");
}

static void add_retention(form_writer *w, const se__upload_fields *fields)
{
    bool temporary = fields->retention == SE_TEMPORARY;
    char days[16] = "";
    char expires[SE__RFC3339_OFFSET_SIZE] = "";

    if (temporary) {
        snprintf(days, sizeof(days), "%d", fields->ttl_days);
        se__format_rfc3339_offset(expires, sizeof(expires),
                                  fields->now_wall_us +
                                      fields->ttl_days * DAY_US);
    }
    add_text(w, "retention_policy", temporary ? "temporary" : "permanent");
    add_text(w, "ttl_days", days);
    add_text(w, "ttl_expires_at", expires);
}

/*
 * Printed again in artStore's spelling: spaces behind , and :, ASCII only. An
 * empty object is left out, as by the original.
 */
static se_err add_metadata(form_writer *w, const char *metadata, se_error *err)
{
    se__buf text = SE__BUF_INIT;
    se__json_writer json_writer = {.buf = &text, .spaced = true, .ascii = true};
    se__json *json = NULL;
    se_err rc;

    if (!metadata || !metadata[0]) {
        return SE_OK;
    }
    rc = se__json_parse(metadata, strlen(metadata), &se__json_reply_limits,
                        &json, err);
    if (rc != SE_OK) {
        return rc;
    }
    if (se__json_count(se__json_root(json)) > 0) {
        se__json_write_value(&json_writer, se__json_root(json));
        w->buf.failed |= text.failed;
        add_text(w, "metadata", text.data);
    }
    se__json_free(json);
    se__buf_fini(&text);
    return SE_OK;
}

/* Cleaned before; whatever is left in it, it cannot end the header. */
static void add_name(form_writer *w, const char *name)
{
    for (const char *c = name; *c; c++) {
        if (*c == '"') {
            se__buf_puts(&w->buf, "%22");
        } else if ((unsigned char)*c >= 0x20 && *c != 0x7f) {
            se__buf_putc(&w->buf, *c);
        }
    }
}

static void begin_file(form_writer *w, const se__upload_fields *fields)
{
    const char *name = fields->name;
    const char *type = fields->content_type;

    begin_part(w, "file");
    se__buf_puts(&w->buf, "; filename=\"");
    add_name(w, name && name[0] ? name : "unknown");
    se__buf_puts(&w->buf, "\"\r\nContent-Type: ");
    se__buf_puts(&w->buf, type && type[0] ? type : "application/octet-stream");
    se__buf_puts(&w->buf, "\r\n\r\n");
}

static se_err write_before(form_writer *w, const se__upload_fields *fields,
                           se_error *err)
{
    se_err rc;

    add_text(w, "file_id", fields->file_id);
    add_text(w, "description", fields->description);
    add_text(w, "uploaded_by_username", fields->uploaded_by);
    add_text(w, "uploaded_by_id", fields->uploaded_by_id);
    add_retention(w, fields);
    rc = add_metadata(w, fields->metadata, err);
    if (rc != SE_OK) {
        return rc;
    }
    begin_file(w, fields);
    return w->buf.failed
               ? se__fail(err, SE_E_NOMEM, "out of memory for an upload form")
               : SE_OK;
}

/* Does the boundary stand anywhere but in front of the parts? */
static bool is_quoted(const form_writer *w)
{
    size_t length = strlen(w->boundary);
    size_t found = 0;
    const char *at = w->buf.data;

    while ((at = strstr(at, w->boundary)) != NULL) {
        at += length;
        found++;
    }
    return found != w->parts;
}

/* ---- the form ---- */

se_err se__upload_form_build_with(const se__upload_fields *fields,
                                  const char *boundary, se__upload_form *out,
                                  se_error *err)
{
    form_writer w = {.buf = SE__BUF_INIT, .boundary = boundary};
    se__buf after = SE__BUF_INIT;
    se_err rc = write_before(&w, fields, err);

    if (rc == SE_OK && is_quoted(&w)) {
        rc = se__fail(err, SE_E_CONFLICT,
                      "the boundary occurs in the form's fields");
    }
    if (rc == SE_OK && !se__buf_printf(&after, "\r\n--%s--\r\n", boundary)) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for an upload form");
    }
    if (rc == SE_OK) {
        out->before_length = w.buf.length;
        out->before = se__buf_take(&w.buf);
        out->after_length = after.length;
        out->after = se__buf_take(&after);
        snprintf(out->content_type, sizeof(out->content_type),
                 "multipart/form-data; boundary=%s", boundary);
    }
    se__buf_fini(&w.buf);
    se__buf_fini(&after);
    return rc;
}

/* A UUID without its dashes: who sends a file cannot guess it. */
static se_err make_boundary(char out[SE__BOUNDARY_SIZE], se_error *err)
{
    char uuid[SE__UUID_SIZE];
    se_err rc = se__uuid_make(uuid, err);

    if (rc == SE_OK) {
        for (const char *c = uuid; *c; c++) {
            if (*c != '-') {
                *out++ = *c;
            }
        }
        *out = '\0';
    }
    return rc;
}

se_err se__upload_form_build(const se__upload_fields *fields,
                             se__upload_form *out, se_error *err)
{
    se_err rc = SE_E_CONFLICT;

    for (int i = 0; i < BOUNDARY_TRIES && rc == SE_E_CONFLICT; i++) {
        char boundary[SE__BOUNDARY_SIZE];

        rc = make_boundary(boundary, err);
        if (rc == SE_OK) {
            rc = se__upload_form_build_with(fields, boundary, out, err);
        }
    }
    return rc;
}

void se__upload_form_fini(se__upload_form *form)
{
    free(form->before);
    free(form->after);
    form->before = NULL;
    form->after = NULL;
}
