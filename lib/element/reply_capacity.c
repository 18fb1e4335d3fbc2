/*
 * How much room an element says that it has, in the shapes that there are.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "element/reply.h"
#include "element/reply_json.h"

typedef struct figure_key {
    const char *key;
    size_t offset; /* in se__capacity_reply */
} figure_key;

#define FIGURES 3
#define FIGURE_KEYS(total_key, used_key, available_key)                        \
    {                                                                          \
        {total_key, offsetof(se__capacity_reply, total)},                      \
            {used_key, offsetof(se__capacity_reply, used)},                    \
        {                                                                      \
            available_key, offsetof(se__capacity_reply, available)             \
        }                                                                      \
    }

static const figure_key capacity_keys[FIGURES] =
    FIGURE_KEYS("total", "used", "available");
static const figure_key go_keys[FIGURES] =
    FIGURE_KEYS("total_bytes", "used_bytes", "available_bytes");
static const figure_key python_keys[FIGURES] =
    FIGURE_KEYS("capacity_bytes", "used_bytes", "available_bytes");

static bool is_bytes(const se__json_value *value, int64_t *bytes)
{
    return se__json_int64(value, bytes) && *bytes >= 0 &&
           *bytes <= SE__REPLY_BYTES_MAX;
}

/* Absent is -1; anything but a number of bytes is a lie. */
static bool take_figures(const se__json_value *from, const figure_key *keys,
                         se__capacity_reply *reply)
{
    for (size_t i = 0; i < FIGURES; i++) {
        const se__json_value *value = se__json_get(from, keys[i].key);
        int64_t bytes = -1;

        if (value && !se__json_is_null(value) && !is_bytes(value, &bytes)) {
            return false;
        }
        memcpy((char *)reply + keys[i].offset, &bytes, sizeof(bytes));
    }
    return true;
}

static bool contradicts_itself(const se__capacity_reply *reply)
{
    return reply->total >= 0 &&
           (reply->used > reply->total || reply->available > reply->total);
}

static se_err check_figures(const se__json_value *from, const figure_key *keys,
                            se__capacity_reply *reply, se_error *err)
{
    if (!take_figures(from, keys, reply)) {
        return se__fail(err, SE_E_PROTOCOL,
                        "a figure of the capacity is not a number of bytes");
    }
    if (contradicts_itself(reply)) {
        return se__fail(err, SE_E_PROTOCOL,
                        "the capacity is less than what is used or available");
    }
    if (reply->available < 0 && reply->total >= 0 && reply->used >= 0) {
        reply->available = reply->total - reply->used;
    }
    return SE_OK;
}

/* ---- words ---- */

typedef struct health_word {
    const char *word;
    se_health health;
} health_word;

static const health_word health_words[] = {
    {"healthy", SE_HEALTH_HEALTHY},       {"degraded", SE_HEALTH_DEGRADED},
    {"unhealthy", SE_HEALTH_UNHEALTHY},   {"online", SE_HEALTH_HEALTHY},
    {"operational", SE_HEALTH_HEALTHY},   {"offline", SE_HEALTH_UNHEALTHY},
    {"maintenance", SE_HEALTH_UNHEALTHY},
};

/* Capacity knows the first three, info the others too. */
#define CAPACITY_WORDS 3

static se_health health_of(const char *word, size_t n_words)
{
    for (size_t i = 0; word && i < n_words; i++) {
        if (strcmp(word, health_words[i].word) == 0) {
            return health_words[i].health;
        }
    }
    return SE_HEALTH_UNKNOWN;
}

static void copy_word(char *out, size_t size, const se__json_value *from,
                      const char *key)
{
    const char *text = se__json_string(se__json_get(from, key));

    se__clean_copy(out, size, text ? text : "");
}

/* ---- the answers ---- */

se_err se__reply_capacity(const char *body, size_t length,
                          se__capacity_reply *out, se_error *err)
{
    se__json *json = NULL;
    se__capacity_reply reply = {.percent_used = -1};
    const se__json_value *root;
    const se__json_value *figures;
    double percent;
    se_err rc = se__reply_object(body, length, &json, err);

    if (rc != SE_OK) {
        return rc;
    }
    root = se__json_root(json);
    figures = se__json_get(root, "capacity");
    if (!se__json_is_object(figures)) {
        rc = se__fail(err, SE_E_PROTOCOL, "the answer holds no capacity");
        goto done;
    }
    rc = check_figures(figures, capacity_keys, &reply, err);
    if (rc != SE_OK) {
        goto done;
    }
    if (se__json_double(se__json_get(figures, "percent_used"), &percent) &&
        isfinite(percent) && percent >= 0) {
        reply.percent_used = percent;
    }
    reply.health = health_of(se__json_string(se__json_get(root, "health")),
                             CAPACITY_WORDS);
    copy_word(reply.mode, sizeof(reply.mode), root, "mode");
    copy_word(reply.storage_id, sizeof(reply.storage_id), root, "storage_id");
    copy_word(reply.backend, sizeof(reply.backend), root, "backend");
    copy_word(reply.location, sizeof(reply.location), root, "location");
    copy_word(reply.last_update, sizeof(reply.last_update), root,
              "last_update");
    *out = reply;
done:
    se__json_free(json);
    return rc;
}

se_err se__reply_info(const char *body, size_t length, se__capacity_reply *out,
                      se_error *err)
{
    se__json *json = NULL;
    se__capacity_reply reply = {.percent_used = -1};
    const se__json_value *root;
    const se__json_value *figures;
    bool is_go;
    se_err rc = se__reply_object(body, length, &json, err);

    if (rc != SE_OK) {
        return rc;
    }
    root = se__json_root(json);
    figures = se__json_get(root, "capacity");
    is_go = se__json_is_object(figures);
    if (!is_go && !se__json_get(root, "capacity_bytes")) {
        rc = se__fail(err, SE_E_PROTOCOL, "the answer holds no capacity");
        goto done;
    }
    rc = check_figures(is_go ? figures : root, is_go ? go_keys : python_keys,
                       &reply, err);
    if (rc != SE_OK) {
        goto done;
    }
    reply.health = health_of(se__json_string(se__json_get(root, "status")),
                             SE__COUNT(health_words));
    copy_word(reply.mode, sizeof(reply.mode), root, "mode");
    copy_word(reply.storage_id, sizeof(reply.storage_id), root,
              is_go ? "storage_id" : "element_id");
    copy_word(reply.backend, sizeof(reply.backend), root, "storage_type");
    copy_word(reply.last_update, sizeof(reply.last_update), root, "timestamp");
    *out = reply;
done:
    se__json_free(json);
    return rc;
}
