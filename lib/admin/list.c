/*
 * The list of storage elements and the figures of one.
 *
 * The list has the members of the published document (wire-contract 1.3 and
 * 2.2) and is read by the same parser: id from element_id, else the decimal id;
 * capacity null is not known, and no reason to leave an element out.
 */
#include <string.h>

#include "admin/reply.h"
#include "base/error.h"
#include "base/text.h"
#include "topology/topology.h"
#include "wire/json.h"

se_err se__admin_read_list(const char *text, size_t length, se_topology **out,
                           se_error *err)
{
    se_topology *list = NULL;
    se_err rc = se_topology_parse(text, length, &list, err);

    if (rc == SE_OK) {
        se__topology_set_partial(list, true);
        *out = list;
    }
    return rc;
}

/* null and nothing: not known. */
static bool read_bytes(const se__json_value *value, int64_t *out)
{
    *out = -1;
    return value == NULL || se__json_is_null(value) ||
           (se__json_int64(value, out) && *out >= 0);
}

static se_err take_figures(const se__json_value *root, se__admin_figures *out,
                           se_error *err)
{
    const char *mode = se__json_string(se__json_get(root, "mode"));
    const char *health = se__json_string(se__json_get(root, "health_status"));
    se__admin_figures found = {.available = -1};

    if (!se__json_is_object(root)) {
        return se__fail(err, SE_E_PROTOCOL, "the answer is no JSON object");
    }
    if (!read_bytes(se__json_get(root, "capacity_bytes"), &found.total) ||
        !read_bytes(se__json_get(root, "used_bytes"), &found.used)) {
        return se__fail(err, SE_E_PROTOCOL,
                        "capacity_bytes or used_bytes is no number of bytes");
    }
    if (found.total >= 0 && found.used > found.total) {
        return se__fail(err, SE_E_PROTOCOL,
                        "used_bytes is more than capacity_bytes");
    }
    if (found.total >= 0 && found.used >= 0) {
        found.available = found.total - found.used;
    }
    found.healthy = health == NULL || strcmp(health, "healthy") == 0;
    se__clean_copy(found.mode, sizeof(found.mode), mode ? mode : "");
    *out = found;
    return SE_OK;
}

se_err se__admin_read_figures(const char *text, size_t length,
                              se__admin_figures *out, se_error *err)
{
    se__json *json = NULL;
    se_err rc =
        se__json_parse(text, length, &se__json_reply_limits, &json, err);

    if (rc == SE_OK) {
        rc = take_figures(se__json_root(json), out, err);
        se__json_free(json);
    }
    return rc == SE_E_PARSE || rc == SE_E_LIMIT
               ? se__fail(err, SE_E_PROTOCOL, "the answer is not JSON")
               : rc;
}
