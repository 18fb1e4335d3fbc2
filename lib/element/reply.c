/*
 * What an element says that it stored, and how much room it has.
 */
#include "element/reply.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "element/reply_json.h"

se_err se__reply_object(const char *body, size_t length, se__json **out,
                        se_error *err)
{
    se_error why = SE_ERROR_INIT;
    se_err rc = se__json_parse(body ? body : "", body ? length : 0,
                               &se__json_reply_limits, out, &why);

    if (rc == SE_E_NOMEM) {
        return se__error_copy(err, &why);
    }
    if (rc != SE_OK) {
        return se__fail(err, SE_E_PROTOCOL, "the answer is not JSON: %s",
                        why.message);
    }
    if (!se__json_is_object(se__json_root(*out))) {
        se__json_free(*out);
        *out = NULL;
        return se__fail(err, SE_E_PROTOCOL, "the answer is not a JSON object");
    }
    return SE_OK;
}

static void copy_lower(char *out, size_t size, const char *text)
{
    se__copy_text(out, size, text);
    for (char *c = out; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
}

/* ---- what is stored ---- */

static bool is_checksum(const char *text)
{
    return text && strlen(text) == 64 &&
           strspn(text, "0123456789abcdefABCDEF") == 64;
}

static int64_t size_of(const se__json_value *root)
{
    static const char *const keys[] = {"file_size", "size"};

    for (size_t i = 0; i < SE__COUNT(keys); i++) {
        int64_t size;

        if (se__json_int64(se__json_get(root, keys[i]), &size) && size >= 0) {
            return size;
        }
    }
    return -1;
}

se_err se__reply_stored(const char *body, size_t length, se__stored *out,
                        se_error *err)
{
    se__json *json = NULL;
    const se__json_value *root;
    const char *id;
    const char *checksum;
    se_err rc = se__reply_object(body, length, &json, err);

    if (rc != SE_OK) {
        return rc;
    }
    root = se__json_root(json);
    id = se__json_string(se__json_get(root, "file_id"));
    checksum = se__json_string(se__json_get(root, "checksum"));
    if (!id || !se__uuid_valid(id)) {
        rc = se__fail(err, SE_E_PROTOCOL, "the answer names no file id");
    } else {
        memset(out, 0, sizeof(*out));
        copy_lower(out->file_id, sizeof(out->file_id), id);
        if (is_checksum(checksum)) {
            copy_lower(out->checksum, sizeof(out->checksum), checksum);
        }
        out->size = size_of(root);
    }
    se__json_free(json);
    return rc;
}

/* ---- capacity ---- */

typedef struct figure_key {
    const char *key;
    size_t offset; /* in se__capacity_reply */
} figure_key;

static const figure_key figure_keys[] = {
    {"total", offsetof(se__capacity_reply, total)},
    {"used", offsetof(se__capacity_reply, used)},
    {"available", offsetof(se__capacity_reply, available)},
};

/* Absent is -1; anything but a number of bytes is a lie. */
static bool take_figures(const se__json_value *capacity,
                         se__capacity_reply *reply)
{
    for (size_t i = 0; i < SE__COUNT(figure_keys); i++) {
        const se__json_value *value =
            se__json_get(capacity, figure_keys[i].key);
        int64_t bytes = -1;

        if (value && !se__json_is_null(value) &&
            (!se__json_int64(value, &bytes) || bytes < 0)) {
            return false;
        }
        memcpy((char *)reply + figure_keys[i].offset, &bytes, sizeof(bytes));
    }
    return true;
}

static bool contradicts_itself(const se__capacity_reply *reply)
{
    return reply->total >= 0 &&
           (reply->used > reply->total || reply->available > reply->total);
}

static se_health health_of(const char *word)
{
    static const struct {
        const char *word;
        se_health health;
    } words[] = {
        {"healthy", SE_HEALTH_HEALTHY},
        {"degraded", SE_HEALTH_DEGRADED},
        {"unhealthy", SE_HEALTH_UNHEALTHY},
    };

    for (size_t i = 0; word && i < SE__COUNT(words); i++) {
        if (strcmp(word, words[i].word) == 0) {
            return words[i].health;
        }
    }
    return SE_HEALTH_UNKNOWN;
}

se_err se__reply_capacity(const char *body, size_t length,
                          se__capacity_reply *out, se_error *err)
{
    se__json *json = NULL;
    se__capacity_reply reply;
    const se__json_value *root;
    const se__json_value *capacity;
    const char *mode;
    se_err rc = se__reply_object(body, length, &json, err);

    if (rc != SE_OK) {
        return rc;
    }
    memset(&reply, 0, sizeof(reply));
    root = se__json_root(json);
    capacity = se__json_get(root, "capacity");
    if (!se__json_is_object(capacity)) {
        rc = se__fail(err, SE_E_PROTOCOL, "the answer holds no capacity");
    } else if (!take_figures(capacity, &reply)) {
        rc = se__fail(err, SE_E_PROTOCOL,
                      "a figure of the capacity is not a number of bytes");
    } else if (contradicts_itself(&reply)) {
        rc = se__fail(err, SE_E_PROTOCOL,
                      "the capacity is less than what is used or available");
    } else {
        mode = se__json_string(se__json_get(root, "mode"));
        se__clean_copy(reply.mode, sizeof(reply.mode), mode ? mode : "");
        reply.health = health_of(se__json_string(se__json_get(root, "health")));
        *out = reply;
    }
    se__json_free(json);
    return rc;
}
