/*
 * From a topology to a document, spelled as artStore's Admin Module does.
 */
#include <stdlib.h>

#include "base/error.h"
#include "topology/topology.h"
#include "wire/json.h"

#define VALUES_AROUND 5   /* root, version, timestamp, count, list */
#define VALUES_ELEMENT 10 /* the object and its members */

static void print_bytes(se__json_writer *w, const char *key, int64_t bytes)
{
    se__json_write_key(w, key);
    if (bytes < 0) {
        se__json_write_null(w);
    } else {
        se__json_write_int(w, bytes);
    }
}

static void print_bool(se__json_writer *w, const char *key, bool value)
{
    se__json_write_key(w, key);
    se__json_write_bool(w, value);
}

static void print_text(se__json_writer *w, const char *key, const char *text)
{
    se__json_write_key(w, key);
    se__json_write_string(w, text);
}

static void print_element(se__json_writer *w, const se_element *element)
{
    bool takes_files =
        element->mode == SE_MODE_EDIT || element->mode == SE_MODE_RW;

    se__json_begin_object(w);
    print_text(w, "element_id", element->id);
    print_text(w, "api_url", element->url);
    print_text(w, "mode", se_mode_name(element->mode));
    se__json_write_key(w, "priority");
    se__json_write_int(w, element->priority);
    print_text(w, "status", element->available ? "online" : "offline");
    print_bool(w, "is_available", element->available);
    print_bool(w, "is_writable", takes_files && element->available);
    print_bytes(w, "capacity_bytes", element->capacity_bytes);
    print_bytes(w, "used_bytes", element->used_bytes);
    se__json_end_object(w);
}

static void print_document(se__json_writer *w, const se_topology *topology)
{
    const char *timestamp = topology->timestamp;

    se__json_begin_object(w);
    se__json_write_key(w, "version");
    se__json_write_int(w, topology->version);
    print_text(w, "timestamp", *timestamp ? timestamp : NULL);
    se__json_write_key(w, "count");
    se__json_write_int(w, (int64_t)topology->count);
    se__json_write_key(w, "storage_elements");
    se__json_begin_array(w);
    for (size_t i = 0; i < topology->count; i++) {
        print_element(w, &topology->elements[i]);
    }
    se__json_end_array(w);
    se__json_end_object(w);
}

/* What nobody could read again is not printed. */
static bool is_too_large(const se_topology *topology, const se__buf *printed)
{
    const se__json_limits *limits = &se__json_document_limits;

    return topology->count >
               (limits->max_values - VALUES_AROUND) / VALUES_ELEMENT ||
           printed->length > limits->max_bytes;
}

se_err se_topology_print(const se_topology *topology, char **text,
                         se_error *err)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = {.buf = &buf, .spaced = true, .ascii = true};
    char *printed;

    print_document(&w, topology);
    if (!buf.failed && is_too_large(topology, &buf)) {
        se__buf_fini(&buf);
        return se__fail(err, SE_E_LIMIT,
                        "a document of %zu storage elements is too large",
                        topology->count);
    }
    printed = se__buf_take(&buf);
    if (printed == NULL) {
        return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
    }
    *text = printed;
    return SE_OK;
}

void se_free(char *text)
{
    free(text);
}
