#include "element/upload_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "wire/json.h"

#define BOUNDARY_SIZE 33
#define DAY_US (INT64_C(86400) * 1000000)
#define NAME_MAX_CHARACTERS 500
#define DESCRIPTION_MAX_CHARACTERS 1000

/* ---- checks ---- */

static se_err check_text(const char *what, const char *text,
                         size_t max_characters, bool header, se_error *err)
{
    size_t length;

    if (!text) {
        return SE_OK;
    }
    length = strlen(text);
    if (!se__utf8_valid(text, length)) {
        return se__fail(err, SE_E_INVALID, "%s is not valid UTF-8", what);
    }
    if (header && !se__text_is_clean(text, length)) {
        return se__fail(err, SE_E_INVALID, "%s holds a control character",
                        what);
    }
    if (max_characters && se__utf8_length(text, length) > max_characters) {
        return se__fail(err, SE_E_INVALID, "%s is longer than %zu characters",
                        what, max_characters);
    }
    return SE_OK;
}

static se_err check_metadata(const char *metadata, se_error *err)
{
    se__json *json = NULL;
    se_error why = SE_ERROR_INIT;
    se_err rc = SE_OK;

    if (!metadata) {
        return SE_OK;
    }
    if (se__json_parse(metadata, strlen(metadata), &se__json_reply_limits,
                       &json, &why) != SE_OK) {
        return se__fail(err, SE_E_INVALID, "metadata: %s", why.message);
    }
    if (!se__json_is_object(se__json_root(json))) {
        rc = se__fail(err, SE_E_INVALID, "metadata is not a JSON object");
    }
    se__json_free(json);
    return rc;
}

se_err se__upload_check(const se__upload_fields *fields, se_error *err)
{
    const struct {
        const char *what;
        const char *text;
        size_t max_characters;
        bool header;
    } texts[] = {
        {"name", fields->name, NAME_MAX_CHARACTERS, false},
        {"description", fields->description, DESCRIPTION_MAX_CHARACTERS, false},
        {"content type", fields->content_type, 255, true},
        {"user name", fields->uploaded_by, 0, true},
        {"user id", fields->uploaded_by_id, 0, true},
    };

    for (size_t i = 0; i < SE__COUNT(texts); i++) {
        se_err rc = check_text(texts[i].what, texts[i].text,
                               texts[i].max_characters, texts[i].header, err);

        if (rc != SE_OK) {
            return rc;
        }
    }
    if (fields->retention != SE_TEMPORARY &&
        fields->retention != SE_PERMANENT) {
        return se__fail(err, SE_E_INVALID,
                        "retention is neither temporary nor permanent");
    }
    if (fields->retention == SE_TEMPORARY &&
        (fields->ttl_days < 1 || fields->ttl_days > 365)) {
        return se__fail(err, SE_E_INVALID,
                        "time to live is %d days; 1 to 365 are allowed",
                        fields->ttl_days);
    }
    if (fields->file_id && !se__uuid_valid(fields->file_id)) {
        return se__fail(err, SE_E_INVALID, "file id is not a UUID");
    }
    return check_metadata(fields->metadata, err);
}

/* ---- the form ---- */

static void make_boundary(char boundary[BOUNDARY_SIZE])
{
    uint64_t random[2] = {se__random(), se__random()};

    se__hex(boundary, (const uint8_t *)random, sizeof(random));
}

static void add_text(se__buf *buf, const char *boundary, const char *name,
                     const char *value)
{
    se__buf_printf(buf,
                   "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n"
                   "%s\r\n",
                   boundary, name, value ? value : "");
}

static void add_ttl(se__buf *buf, const char *boundary,
                    const se__upload_fields *fields)
{
    char days[16] = "";
    char expires[SE__RFC3339_OFFSET_SIZE] = "";

    if (fields->retention == SE_TEMPORARY) {
        snprintf(days, sizeof(days), "%d", fields->ttl_days);
        se__format_rfc3339_offset(expires, sizeof(expires),
                                  fields->now_wall_us +
                                      fields->ttl_days * DAY_US);
    }
    add_text(buf, boundary, "ttl_days", days);
    add_text(buf, boundary, "ttl_expires_at", expires);
}

/* Re-printed in artStore's spelling: spaces behind , and :, ASCII only. */
static se_err add_metadata(se__buf *buf, const char *boundary,
                           const char *metadata, se_error *err)
{
    se__buf text = SE__BUF_INIT;
    se__json_writer writer = {.buf = &text, .spaced = true, .ascii = true};
    se__json *json = NULL;
    se_err rc;

    if (!metadata) {
        return SE_OK;
    }
    rc = se__json_parse(metadata, strlen(metadata), &se__json_reply_limits,
                        &json, err);
    if (rc == SE_OK) {
        se__json_write_value(&writer, se__json_root(json));
        buf->failed |= text.failed;
        add_text(buf, boundary, "metadata", text.data);
    }
    se__json_free(json);
    se__buf_fini(&text);
    return rc;
}

static void add_file_head(se__buf *buf, const char *boundary,
                          const se__upload_fields *fields)
{
    se__buf_printf(buf,
                   "--%s\r\nContent-Disposition: form-data; name=\"file\"; "
                   "filename=\"",
                   boundary);
    for (const char *c = fields->name; *c; c++) {
        if (*c == '"') {
            se__buf_puts(buf, "%22");
        } else {
            se__buf_putc(buf, *c);
        }
    }
    se__buf_printf(buf, "\"\r\nContent-Type: %s\r\n\r\n",
                   fields->content_type && fields->content_type[0]
                       ? fields->content_type
                       : "application/octet-stream");
}

static se_err build_before(se__buf *buf, const char *boundary,
                           const se__upload_fields *fields, se_error *err)
{
    se_err rc;

    add_text(buf, boundary, "file_id", fields->file_id);
    add_text(buf, boundary, "description", fields->description);
    add_text(buf, boundary, "uploaded_by_username", fields->uploaded_by);
    add_text(buf, boundary, "uploaded_by_id", fields->uploaded_by_id);
    add_text(buf, boundary, "retention_policy",
             se_retention_name(fields->retention));
    add_ttl(buf, boundary, fields);
    rc = add_metadata(buf, boundary, fields->metadata, err);
    add_file_head(buf, boundary, fields);
    return rc;
}

/* 128 random bits are in no text by chance; a text that quotes an earlier form
 * is looked for all the same. */
static void choose_boundary(char boundary[BOUNDARY_SIZE],
                            const se__upload_fields *fields)
{
    do {
        make_boundary(boundary);
    } while ((fields->description && strstr(fields->description, boundary)) ||
             (fields->metadata && strstr(fields->metadata, boundary)));
}

se_err se__upload_form_build(const se__upload_fields *fields,
                             se__upload_form *out, se_error *err)
{
    char boundary[BOUNDARY_SIZE];
    se__buf before = SE__BUF_INIT;
    se__buf after = SE__BUF_INIT;
    se_err rc;

    choose_boundary(boundary, fields);
    rc = build_before(&before, boundary, fields, err);
    se__buf_printf(&after, "\r\n--%s--\r\n", boundary);
    if (rc == SE_OK && (before.failed || after.failed)) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for an upload form");
    }
    if (rc != SE_OK) {
        se__buf_fini(&before);
        se__buf_fini(&after);
        return rc;
    }
    out->before_length = before.length;
    out->after_length = after.length;
    out->before = se__buf_take(&before);
    out->after = se__buf_take(&after);
    snprintf(out->content_type, sizeof(out->content_type),
             "multipart/form-data; boundary=%s", boundary);
    return SE_OK;
}

void se__upload_form_fini(se__upload_form *form)
{
    free(form->before);
    free(form->after);
    form->before = NULL;
    form->after = NULL;
}
