/*
 * From a document to a topology. What is wrong with one element costs only
 * that element; it is left out, with its reason.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "topology/draft.h"
#include "wire/json.h"
#include "wire/url.h"

#define LIST "storage_elements"
#define USUAL_PRIORITY 100

/* The members of an element that matter; NULL: not there. */
typedef struct members {
    const se__json_value *id, *element_id, *api_url, *mode, *priority;
    const se__json_value *is_available, *capacity_bytes, *used_bytes;
} members;

/* The two tables below have one order. */
static const char *const names[] = {
    "id",       "element_id",   "api_url",        "mode",
    "priority", "is_available", "capacity_bytes", "used_bytes"};

typedef struct reader {
    se__draft draft;
    size_t position; /* of the element being read, from 1 */
    char id[SE_ID_SIZE];
    char url[SE__URL_SIZE];
    se_error said; /* about the URL */
} reader;

static void find_members(const se__json_value *element, members *found)
{
    const se__json_value **const places[SE__COUNT(names)] = {
        &found->id,
        &found->element_id,
        &found->api_url,
        &found->mode,
        &found->priority,
        &found->is_available,
        &found->capacity_bytes,
        &found->used_bytes};

    memset(found, 0, sizeof(*found));
    for (const se__json_value *at = se__json_next(element, NULL); at;
         at = se__json_next(element, at)) {
        const char *key = se__json_key(at);

        for (size_t i = 0; i < SE__COUNT(names); i++) {
            if (*key == *names[i] && strcmp(key, names[i]) == 0) {
                *places[i] = at;
                break;
            }
        }
    }
}

static bool is_missing(const se__json_value *value)
{
    return value == NULL || se__json_is_null(value);
}

/* Each of the following returns what is wrong, or NULL. */

static const char *read_id(const members *found, reader *r)
{
    const char *text = se__json_string(found->element_id);
    const char *wrong;
    char decimal[24];
    int64_t number;

    if (is_missing(found->element_id)) {
        if (!se__json_int64(found->id, &number)) {
            return "neither element_id nor an integer id";
        }
        snprintf(decimal, sizeof(decimal), "%lld", (long long)number);
        text = decimal;
    }
    if (text == NULL) {
        return "element_id is not a string";
    }
    wrong = se__draft_check_id(text);
    if (wrong == NULL) {
        memcpy(r->id, text, strlen(text) + 1);
    }
    return wrong;
}

static const char *read_mode(const members *found, se_element *element)
{
    const char *text = se__json_string(found->mode);

    if (found->mode == NULL) {
        return "mode is missing";
    }
    for (int mode = SE_MODE_EDIT; text && mode <= SE_MODE_AR; mode++) {
        if (strcmp(text, se_mode_name((se_mode)mode)) == 0) {
            element->mode = (se_mode)mode;
            return NULL;
        }
    }
    return "mode is none of edit, rw, ro, ar";
}

static const char *read_priority(const members *found, se_element *element)
{
    int64_t number = USUAL_PRIORITY;

    if (found->priority && !se__json_int64(found->priority, &number)) {
        return "priority is not an integer";
    }
    if (number < INT32_MIN || number > INT32_MAX) {
        return "priority is out of range";
    }
    element->priority = (int32_t)number;
    return NULL;
}

static const char *read_availability(const members *found, se_element *element)
{
    element->available = true;
    if (found->is_available &&
        !se__json_bool(found->is_available, &element->available)) {
        return "is_available is not true or false";
    }
    return NULL;
}

static bool read_bytes(const se__json_value *value, int64_t *bytes)
{
    *bytes = -1;
    return is_missing(value) || (se__json_int64(value, bytes) && *bytes >= 0);
}

/* More used than there is: one of the two is wrong, so neither counts. */
static const char *read_capacity(const members *found, se_element *element)
{
    if (!read_bytes(found->capacity_bytes, &element->capacity_bytes)) {
        return "capacity_bytes is not a number of bytes";
    }
    if (!read_bytes(found->used_bytes, &element->used_bytes)) {
        return "used_bytes is not a number of bytes";
    }
    if (element->capacity_bytes >= 0 &&
        element->used_bytes > element->capacity_bytes) {
        element->capacity_bytes = -1;
        element->used_bytes = -1;
    }
    return NULL;
}

static const char *read_figures(const members *found, se_element *element)
{
    static const char *(*const readers[])(const members *, se_element *) = {
        read_mode, read_priority, read_availability, read_capacity};
    const char *wrong = NULL;

    for (size_t i = 0; i < SE__COUNT(readers) && wrong == NULL; i++) {
        wrong = readers[i](found, element);
    }
    return wrong;
}

/* SE_E_INVALID: *wrong says why. */
static se_err read_url(const members *found, reader *r, const char **wrong)
{
    const char *text = se__json_string(found->api_url);
    se_err rc;

    if (text == NULL) {
        *wrong = is_missing(found->api_url) ? "api_url is missing"
                                            : "api_url is not a string";
        return SE_E_INVALID;
    }
    rc = se__url_normalize(text, r->url, &r->said);
    *wrong = r->said.message;
    return rc;
}

static se_err reject(reader *r, const char *reason, se_error *err)
{
    char place[24];

    snprintf(place, sizeof(place), "#%zu", r->position);
    return se__draft_reject(&r->draft, *r->id ? r->id : place, reason,
                            r->position, err);
}

static se_err read_element(void *user, const se__json_value *value,
                           se_error *err)
{
    reader *r = user;
    se_element element = {0};
    members found;
    const char *wrong;
    se_err rc;

    r->id[0] = '\0';
    if (++r->position > SE__TOPOLOGY_MAX) {
        return se__fail(err, SE_E_LIMIT, "more than %d storage elements",
                        SE__TOPOLOGY_MAX);
    }
    if (!se__json_is_object(value)) {
        return reject(r, "not an object", err);
    }
    find_members(value, &found);
    wrong = read_id(&found, r);
    if (wrong == NULL) {
        wrong = read_figures(&found, &element);
    }
    if (wrong) {
        return reject(r, wrong, err);
    }
    rc = read_url(&found, r, &wrong);
    if (rc != SE_OK) {
        return rc == SE_E_INVALID ? reject(r, wrong, err)
                                  : se__error_copy(err, &r->said);
    }
    return se__draft_add(&r->draft, &element, r->id, r->url, r->position, err);
}

static se_err read_document(const se__json *rest, se__draft *draft,
                            se_error *err)
{
    const se__json_value *root = se__json_root(rest);
    const char *timestamp = se__json_string(se__json_get(root, "timestamp"));

    if (!se__json_is_array(se__json_get(root, LIST))) {
        return se__fail(err, SE_E_PARSE,
                        "the document is not an object with an array %s", LIST);
    }
    if (!se__json_int64(se__json_get(root, "version"), &draft->version)) {
        draft->version = 0;
    }
    se__clean_copy(draft->timestamp, sizeof(draft->timestamp),
                   timestamp ? timestamp : "");
    return SE_OK;
}

se_err se_topology_parse(const char *text, size_t length, se_topology **out,
                         se_error *err)
{
    reader r = {.position = 0, .said = SE_ERROR_INIT};
    const se__json_list list = {LIST, names, SE__COUNT(names), read_element,
                                &r};
    se__json *rest = NULL;
    se_err rc;

    se__draft_init(&r.draft);
    rc = se__json_parse_list(text, length, &se__json_document_limits, &list,
                             &rest, err);
    if (rc == SE_OK) {
        rc = read_document(rest, &r.draft, err);
    }
    se__json_free(rest);
    if (rc == SE_OK) {
        rc = se__draft_finish(&r.draft, out, err);
    }
    se__draft_fini(&r.draft);
    return rc;
}
