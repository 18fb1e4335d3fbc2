/*
 * POST /api/v1/files/upload (wire-contract 3.2): the form is taken while it
 * arrives; what is wrong with it is answered after its end, as the original
 * does. Only a wrong mode or token and a full element answer before the body.
 */
#include "connection.h"

#include <stdlib.h>
#include <string.h>

#include "upload.h"

void sb_upload_reset(sb_upload *u)
{
    sb_incoming_drop(&u->incoming);
    u->part = SB_PART_IGNORED;
    u->has_file = u->bad_form = u->overflow = false;
    for (size_t i = 0; i < SB_N_FIELDS; i++) {
        sb_text_reset(&u->fields[i]);
        u->has_field[i] = false;
    }
    sb_text_reset(&u->all);
    sb_text_reset(&u->value);
    sb_text_reset(&u->filename);
    sb_text_reset(&u->content_type);
    sb_text_reset(&u->attributes);
}

void sb_upload_free(sb_upload *u)
{
    if (!u) {
        return;
    }
    sb_incoming_fini(&u->incoming);
    for (size_t i = 0; i < SB_N_FIELDS; i++) {
        sb_text_fini(&u->fields[i]);
    }
    sb_text_fini(&u->all);
    sb_text_fini(&u->value);
    sb_text_fini(&u->filename);
    sb_text_fini(&u->content_type);
    sb_text_fini(&u->attributes);
    free(u->window);
    free(u);
}

static sb_upload *upload_new(sb_connection *c)
{
    sb_upload *u = calloc(1, sizeof(*u));

    if (!u) {
        return NULL;
    }
    u->connection = c;
    sb_incoming_init(&u->incoming, c->element);
    u->window = malloc(SB_WINDOW);
    if (!u->window) {
        sb_upload_free(u);
        return NULL;
    }
    return u;
}

static int full_status(sb_element *element)
{
    int status;

    pthread_mutex_lock(&element->lock);
    status = element->full_status;
    pthread_mutex_unlock(&element->lock);
    return status;
}

void sb_reply_full(sb_connection *c)
{
    int status = full_status(c->element);

    sb_reply_detail(c, status,
                    status == 500 ? "Failed to create file"
                                  : "Insufficient storage");
}

static bool mode_takes_uploads(sb_connection *c)
{
    char mode[8];

    sb_element_mode(c->element, mode);
    if (strcmp(mode, "edit") == 0 || strcmp(mode, "rw") == 0) {
        return true;
    }
    sb_reply_detail(c, 400, "File upload not allowed in %s mode", mode);
    return false;
}

bool sb_upload_check(sb_connection *c)
{
    int64_t available = sb_element_available(c->element, NULL);

    if (!mode_takes_uploads(c)) {
        return false;
    }
    if (!c->upload) {
        c->upload = upload_new(c);
    }
    if (!c->upload) {
        sb_reply_detail(c, 500, "Failed to upload file");
        return false;
    }
    if (full_status(c->element) == 500) {
        c->upload->room = -1;
        return true;
    }
    c->upload->room = available;
    if (!c->request.chunked && c->request.content_length > available) {
        sb_reply_full(c);
        return false;
    }
    return true;
}

/* The id that the form asks for, or a new one; false: a reply is set. */
static bool choose_id(sb_connection *c, uint8_t id[SB_UUID_BYTES])
{
    const sb_text *wanted = &c->upload->fields[SB_FIELD_FILE_ID];

    if (wanted->length == 0) {
        if (sb_uuid_new(id)) {
            return true;
        }
        sb_reply_detail(c, 500, "Failed to upload file");
        return false;
    }
    if (!sb_uuid_parse(wanted->data, id)) {
        sb_reply_detail(c, 400, "Invalid file_id format: %s", wanted->data);
        return false;
    }
    return true;
}

static bool out_of_memory(const sb_upload *u)
{
    bool failed = u->all.failed || u->value.failed || u->filename.failed ||
                  u->content_type.failed;

    for (size_t i = 0; i < SB_N_FIELDS; i++) {
        failed = failed || u->fields[i].failed;
    }
    return failed;
}

static bool check_form(sb_connection *c)
{
    sb_upload *u = c->upload;
    const sb_text *transaction = &u->fields[SB_FIELD_TRANSACTION];
    uint8_t unused[SB_UUID_BYTES];

    if (u->bad_form) {
        sb_reply_detail(c, 400, "There was an error parsing the body");
    } else if (!u->has_file) {
        sb_set_reply(c, 422);
        sb_text_put(&c->reply.body,
                    "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\","
                    "\"file\"],\"msg\":\"Field required\",\"input\":null}]}");
    } else if (out_of_memory(u) || u->incoming.size == 0 ||
               (transaction->length > 0 &&
                !sb_uuid_parse(transaction->data, unused))) {
        sb_reply_detail(c, 500, "Failed to upload file");
    } else {
        return true;
    }
    return false;
}

static void add_optional(sb_text *out, const sb_upload *u, sb_field field)
{
    sb_text_printf(out, ",\"%s\":", sb_field_names[field]);
    if (u->has_field[field]) {
        sb_text_json(out, u->fields[field].data);
    } else {
        sb_text_put(out, "null");
    }
}

/* Wire-contract 3.4, and in the end what the form said. */
static void print_attributes(sb_upload *u, const char *id, const char *sha256)
{
    sb_text *out = &u->attributes;
    char time[SB_TIME_SIZE];

    sb_time_print(sb_now_us(), time);
    sb_text_printf(out, "{\"file_id\":\"%s\",\"original_filename\":", id);
    sb_text_json(out, u->filename.data);
    sb_text_printf(out, ",\"storage_filename\":\"%s\",\"file_size\":%lld,", id,
                   (long long)u->incoming.size);
    sb_text_put(out, "\"content_type\":");
    sb_text_json(out, u->content_type.data);
    sb_text_printf(out,
                   ",\"created_at\":\"%s\",\"created_by_username\":"
                   "\"sandbox\",\"created_by_fullname\":null",
                   time);
    add_optional(out, u, SB_FIELD_DESCRIPTION);
    add_optional(out, u, SB_FIELD_VERSION);
    sb_text_put(out, ",\"storage_path\":");
    sb_text_json(out, u->connection->element->dir);
    sb_text_printf(out,
                   ",\"checksum\":\"%s\",\"cache_updated_at\":\"%s\","
                   "\"cache_ttl_hours\":24,\"cache_expired\":false,"
                   "\"form\":{%s}}\n",
                   sha256, time, u->all.length ? u->all.data : "");
}

static sb_commit store(sb_upload *u, const uint8_t *id, const char *name,
                       const char *sha256)
{
    const sb_fleet *fleet = u->connection->element->fleet;

    if (!fleet->discard) {
        print_attributes(u, name, sha256);
        if (u->attributes.failed) {
            return SB_COMMIT_FAILED;
        }
    }
    return sb_incoming_commit(&u->incoming, id, &u->attributes);
}

static void reply_stored(sb_connection *c, const char *id, const char *sha256)
{
    sb_text *body = &c->reply.body;

    sb_set_reply(c, 201);
    sb_text_printf(body, "{\"file_id\":\"%s\",\"original_filename\":", id);
    sb_text_json(body, c->upload->filename.data);
    sb_text_printf(body,
                   ",\"file_size\":%lld,\"checksum\":\"%s\","
                   "\"message\":\"File uploaded successfully\"}",
                   (long long)c->upload->incoming.size, sha256);
}

bool sb_upload_act(sb_connection *c)
{
    sb_upload *u = c->upload;
    uint8_t id[SB_UUID_BYTES];
    char name[SB_UUID_SIZE], sha256[SB_SHA_SIZE];

    if (!check_form(c) || !choose_id(c, id)) {
        return false;
    }
    if (!sb_incoming_finish(&u->incoming)) {
        sb_reply_detail(c, 500, "Failed to create file");
        return false;
    }
    sb_uuid_print(id, name);
    sb_hex_print(u->incoming.sha256, SB_SHA_BYTES, sha256);
    switch (store(u, id, name, sha256)) {
    case SB_COMMITTED:
        reply_stored(c, name, sha256);
        return true;
    case SB_COMMIT_EXISTS:
        sb_reply_detail(c, 500, "File with ID %s already exists", name);
        return false;
    case SB_COMMIT_NO_ROOM:
        sb_reply_full(c);
        return false;
    case SB_COMMIT_FAILED:
        break;
    }
    sb_reply_detail(c, 500, "Failed to create file");
    return false;
}
