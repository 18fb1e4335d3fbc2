/*
 * What an element says that it stored.
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
