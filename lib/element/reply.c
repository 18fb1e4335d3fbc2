#include "element/reply.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"
#include "wire/json.h"

static se_err parse_object(const char *body, size_t length, se__json **out,
                           se_error *err)
{
    se_error why = SE_ERROR_INIT;

    if (se__json_parse(body ? body : "", body ? length : 0,
                       &se__json_reply_limits, out, &why) != SE_OK) {
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
    size_t length = text ? strlen(text) : 0;

    return length == 64 && strspn(text, "0123456789abcdefABCDEF") == length;
}

static int64_t size_of(const se__json_value *root)
{
    int64_t size;

    if ((se__json_int64(se__json_get(root, "file_size"), &size) ||
         se__json_int64(se__json_get(root, "size"), &size)) &&
        size >= 0) {
        return size;
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
    se_err rc = parse_object(body, length, &json, err);

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

/* Absent is -1; anything but a number of bytes is a lie. */
static bool take_bytes(const se__json_value *object, const char *key,
                       int64_t *out)
{
    const se__json_value *value = se__json_get(object, key);

    *out = -1;
    if (!value || se__json_is_null(value)) {
        return true;
    }
    return se__json_int64(value, out) && *out >= 0;
}

static se_health health_of(const char *word)
{
    static const se_health words[] = {SE_HEALTH_HEALTHY, SE_HEALTH_DEGRADED,
                                      SE_HEALTH_UNHEALTHY};

    for (size_t i = 0; word && i < SE__COUNT(words); i++) {
        if (strcmp(word, se_health_name(words[i])) == 0) {
            return words[i];
        }
    }
    return SE_HEALTH_UNKNOWN;
}

static bool contradicts_itself(const se__capacity_reply *reply)
{
    return reply->total >= 0 &&
           (reply->used > reply->total || reply->available > reply->total);
}

se_err se__reply_capacity(const char *body, size_t length,
                          se__capacity_reply *out, se_error *err)
{
    se__json *json = NULL;
    se__capacity_reply reply;
    const se__json_value *root;
    const se__json_value *capacity;
    const char *mode;
    se_err rc = parse_object(body, length, &json, err);

    if (rc != SE_OK) {
        return rc;
    }
    memset(&reply, 0, sizeof(reply));
    root = se__json_root(json);
    capacity = se__json_get(root, "capacity");
    mode = se__json_string(se__json_get(root, "mode"));
    if (!se__json_is_object(capacity) ||
        !take_bytes(capacity, "total", &reply.total) ||
        !take_bytes(capacity, "used", &reply.used) ||
        !take_bytes(capacity, "available", &reply.available) ||
        contradicts_itself(&reply)) {
        rc = se__fail(err, SE_E_PROTOCOL,
                      "the capacity is missing or makes no sense");
    } else {
        reply.health = health_of(se__json_string(se__json_get(root, "health")));
        se__copy_text(reply.mode, sizeof(reply.mode), mode ? mode : "");
        *out = reply;
    }
    se__json_free(json);
    return rc;
}

/* ---- errors ---- */

static const char *detail_of(const se__json_value *root)
{
    const se__json_value *detail = se__json_get(root, "detail");
    const se__json_value *error = se__json_get(root, "error");

    if (se__json_is_array(detail)) {
        return se__json_string(
            se__json_get(se__json_next(detail, NULL), "msg"));
    }
    if (detail) {
        return se__json_string(detail);
    }
    return se__json_is_object(error)
               ? se__json_string(se__json_get(error, "message"))
               : se__json_string(error);
}

/* The first words of a text; a page of HTML has nothing to say. */
static void take_text(const char *body, size_t length, char *out, size_t size)
{
    char *text;

    while (length > 0 && isspace((unsigned char)*body)) {
        body++;
        length--;
    }
    if (length == 0 || *body == '<' || *body == '{' || *body == '[') {
        return;
    }
    text = se__strndup(body, length < size ? length : size);
    if (text) {
        text[strcspn(text, "\r\n")] = '\0';
        se__clean_copy(out, size, text);
        free(text);
    }
}

void se__reply_detail(const char *body, size_t length, char *out, size_t size)
{
    se__json *json = NULL;
    const char *detail = NULL;

    out[0] = '\0';
    if (!body || length == 0) {
        return;
    }
    if (parse_object(body, length, &json, NULL) != SE_OK) {
        take_text(body, length, out, size);
        return;
    }
    detail = detail_of(se__json_root(json));
    if (detail) {
        se__clean_copy(out, size, detail);
    }
    se__json_free(json);
}

void se__reply_code(const char *body, size_t length, char *out, size_t size)
{
    se__json *json = NULL;
    const char *code;

    out[0] = '\0';
    if (parse_object(body, length, &json, NULL) != SE_OK) {
        return;
    }
    code = se__json_string(
        se__json_get(se__json_get(se__json_root(json), "error"), "code"));
    if (code) {
        se__clean_copy(out, size, code);
    }
    se__json_free(json);
}
