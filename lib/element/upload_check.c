/*
 * What an element would answer 500 or 422 to is refused before any contact.
 */
#include "element/upload_form.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "wire/json.h"

#define DAYS_MIN 1
#define DAYS_MAX 365

typedef struct text_rule {
    const char *what;
    size_t offset; /* of the text in se__upload_fields */
    size_t max_characters;
    bool one_line; /* becomes a header, or a word in one */
} text_rule;

static const text_rule text_rules[] = {
    /* control characters in names are dropped later (se__upload_name) */
    {"name", offsetof(se__upload_fields, name), 500, false},
    {"description", offsetof(se__upload_fields, description), 1000, false},
    {"content type", offsetof(se__upload_fields, content_type), 255, true},
    {"user name", offsetof(se__upload_fields, uploaded_by), 1000, true},
    {"user id", offsetof(se__upload_fields, uploaded_by_id), 1000, true},
};

static se_err check_text(const text_rule *rule, const se__upload_fields *fields,
                         se_error *err)
{
    const char *text;
    size_t length;

    memcpy(&text, (const char *)fields + rule->offset, sizeof(text));
    if (!text) {
        return SE_OK;
    }
    length = strlen(text);
    if (!se__utf8_valid(text, length)) {
        return se__fail(err, SE_E_INVALID, "%s is not valid UTF-8", rule->what);
    }
    if (rule->one_line && !se__text_is_clean(text, length)) {
        return se__fail(err, SE_E_INVALID, "%s holds a control character",
                        rule->what);
    }
    if (se__utf8_length(text, length) > rule->max_characters) {
        return se__fail(err, SE_E_INVALID, "%s is longer than %zu characters",
                        rule->what, rule->max_characters);
    }
    return SE_OK;
}

static se_err check_metadata(const char *metadata, se_error *err)
{
    se__json *json = NULL;
    se_error why = SE_ERROR_INIT;
    se_err rc;

    if (!metadata || !metadata[0]) {
        return SE_OK;
    }
    rc = se__json_parse(metadata, strlen(metadata), &se__json_reply_limits,
                        &json, &why);
    if (rc == SE_E_NOMEM) {
        return se__error_copy(err, &why);
    }
    if (rc != SE_OK) {
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
    for (size_t i = 0; i < SE__COUNT(text_rules); i++) {
        se_err rc = check_text(&text_rules[i], fields, err);

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
        (fields->ttl_days < DAYS_MIN || fields->ttl_days > DAYS_MAX)) {
        return se__fail(err, SE_E_INVALID,
                        "time to live is %d days; %d to %d are allowed",
                        fields->ttl_days, DAYS_MIN, DAYS_MAX);
    }
    if (fields->file_id && !se__uuid_valid(fields->file_id)) {
        return se__fail(err, SE_E_INVALID, "file id is not a UUID");
    }
    return check_metadata(fields->metadata, err);
}
