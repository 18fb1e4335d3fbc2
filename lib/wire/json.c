/*
 * Documents: scanned, then parsed by cJSON, then read by getters.
 *
 * Integers of up to 15 digits are exact in cJSON's double. Any other number
 * keeps its text, in the node's `valuestring`, which cJSON does not use for
 * numbers but frees with the node.
 */
#include "wire/json.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "wire/json_number.h"
#include "wire/json_scan.h"

const se__json_limits se__json_document_limits = {8 << 20, 16, 400000};
const se__json_limits se__json_reply_limits = {64 << 10, 16, 4096};

struct se__json {
    cJSON *root;
};

static const cJSON *node_of(const se__json_value *value)
{
    return (const void *)value;
}

static const se__json_value *value_of(const cJSON *node)
{
    return (const void *)node;
}

static se_err out_of_memory(se_error *err)
{
    return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
}

/* Behind the string that starts here. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        at += *at == '\\';
    }
    return at + 1;
}

/* The next number of a valid document. */
static const char *find_number(const char *at)
{
    while (*at != '-' && (*at < '0' || *at > '9')) {
        at = *at == '"' ? skip_string(at) : at + 1;
    }
    return at;
}

/* Give the odd numbers their text; they come in the order of the nodes. */
static bool keep_texts(cJSON *node, const char **at, const char *end)
{
    if (cJSON_IsNumber(node)) {
        const char *number = find_number(*at);
        bool odd = false;

        *at = se__json_number_end(number, end, &odd);
        if (odd) {
            size_t length = (size_t)(*at - number);

            node->valuestring = cJSON_malloc(length + 1);
            if (node->valuestring == NULL) {
                return false;
            }
            memcpy(node->valuestring, number, length);
            node->valuestring[length] = '\0';
        }
    }
    for (cJSON *child = node->child; child; child = child->next) {
        if (!keep_texts(child, at, end)) {
            return false;
        }
    }
    return true;
}

/* What the scan has let through; NULL: out of memory. */
static cJSON *parse_scanned(const char *text, size_t length, bool odd)
{
    cJSON *node = cJSON_ParseWithLengthOpts(text, length, NULL, 0);
    const char *at = text;

    if (node && odd && !keep_texts(node, &at, text + length)) {
        cJSON_Delete(node);
        return NULL;
    }
    return node;
}

static se_err make_json(const char *text, size_t length, bool odd,
                        se__json **out, se_error *err)
{
    se__json *json = se__zalloc(sizeof(*json));

    if (json == NULL) {
        return out_of_memory(err);
    }
    json->root = parse_scanned(text, length, odd);
    if (json->root == NULL) {
        se__json_free(json);
        return out_of_memory(err);
    }
    *out = json;
    return SE_OK;
}

se_err se__json_parse(const char *text, size_t length,
                      const se__json_limits *limits, se__json **out,
                      se_error *err)
{
    bool odd = false;
    se_err rc = se__json_scan(text, length, limits, NULL, &odd, err);

    return rc == SE_OK ? make_json(text, length, odd, out, err) : rc;
}

static se_err hand_over(const se__json_list *list, const char *text,
                        size_t length, bool odd, se_error *err)
{
    cJSON *node = parse_scanned(text, length, odd);
    se_err rc;

    if (node == NULL) {
        return out_of_memory(err);
    }
    rc = list->each(list->user, value_of(node), err);
    cJSON_Delete(node);
    return rc;
}

/* The document without what the watch has seen. */
static se_err make_rest(const char *text, size_t length,
                        const se__json_watch *seen, bool odd, se__json **out,
                        se_error *err)
{
    size_t cut = (size_t)(seen->end - seen->begin);
    size_t head = (size_t)(seen->begin - text);
    char *rest = se__dup(text, length - cut);
    se_err rc;

    if (rest == NULL) {
        return out_of_memory(err);
    }
    memcpy(rest + head, seen->end, length - cut - head);
    rc = make_json(rest, length - cut, odd, out, err);
    free(rest);
    return rc;
}

se_err se__json_parse_list(const char *text, size_t length,
                           const se__json_limits *limits,
                           const se__json_list *list, se__json **out,
                           se_error *err)
{
    se__json_watch watch;
    bool odd = false;
    se_err rc;

    se__json_watch_init(&watch, list);
    watch.report = hand_over;
    rc = se__json_scan(text, length, limits, &watch, &odd, err);
    se__json_watch_fini(&watch);
    if (rc != SE_OK) {
        return rc;
    }
    return watch.begin ? make_rest(text, length, &watch, odd, out, err)
                       : make_json(text, length, odd, out, err);
}

void se__json_free(se__json *json)
{
    if (json) {
        cJSON_Delete(json->root);
        free(json);
    }
}

const se__json_value *se__json_root(const se__json *json)
{
    return value_of(json->root);
}

bool se__json_is_object(const se__json_value *value)
{
    return cJSON_IsObject(node_of(value));
}

bool se__json_is_array(const se__json_value *value)
{
    return cJSON_IsArray(node_of(value));
}

bool se__json_is_null(const se__json_value *value)
{
    return cJSON_IsNull(node_of(value));
}

const se__json_value *se__json_get(const se__json_value *object,
                                   const char *key)
{
    if (!se__json_is_object(object)) {
        return NULL;
    }
    return value_of(cJSON_GetObjectItemCaseSensitive(node_of(object), key));
}

const char *se__json_string(const se__json_value *value)
{
    const cJSON *node = node_of(value);

    return cJSON_IsString(node) ? node->valuestring : NULL;
}

const char *se__json_number_text(const se__json_value *value)
{
    const cJSON *node = node_of(value);

    return cJSON_IsNumber(node) ? node->valuestring : NULL;
}

bool se__json_int64(const se__json_value *value, int64_t *out)
{
    const cJSON *node = node_of(value);

    if (!cJSON_IsNumber(node)) {
        return false;
    }
    if (node->valuestring) {
        return se__parse_int64(node->valuestring, strlen(node->valuestring),
                               out);
    }
    *out = (int64_t)node->valuedouble;
    return true;
}

bool se__json_double(const se__json_value *value, double *out)
{
    const cJSON *node = node_of(value);

    if (!cJSON_IsNumber(node)) {
        return false;
    }
    *out = node->valuestring ? se__json_number_value(node->valuestring,
                                                     strlen(node->valuestring))
                             : node->valuedouble;
    return true;
}

bool se__json_bool(const se__json_value *value, bool *out)
{
    if (!cJSON_IsBool(node_of(value))) {
        return false;
    }
    *out = cJSON_IsTrue(node_of(value));
    return true;
}

const se__json_value *se__json_next(const se__json_value *container,
                                    const se__json_value *previous)
{
    if (previous) {
        return value_of(node_of(previous)->next);
    }
    return container ? value_of(node_of(container)->child) : NULL;
}

const char *se__json_key(const se__json_value *member)
{
    return member ? node_of(member)->string : NULL;
}

size_t se__json_count(const se__json_value *container)
{
    size_t count = 0;

    for (const se__json_value *at = se__json_next(container, NULL); at;
         at = se__json_next(container, at)) {
        count++;
    }
    return count;
}

const char *se__json_version(void)
{
    return cJSON_Version();
}
