/* The form of an upload, taken while it arrives. */
#include "upload.h"

#include <string.h>

#include "multipart.h"

#define MAX_FIELDS_BYTES 65536

const char *const sb_field_names[SB_N_FIELDS] = {
    "file_id",
    "description",
    "version",
    "finalize_transaction_id",
};

static ssize_t form_read(void *self, char *bytes, size_t capacity)
{
    sb_upload *u = self;

    return sb_read_body(u->connection, bytes, capacity);
}

static sb_field find_field(const char *name)
{
    size_t i = 0;

    while (i < SB_N_FIELDS && strcmp(sb_field_names[i], name) != 0) {
        i++;
    }
    return (sb_field)i;
}

static void begin_text(sb_upload *u, const char *name)
{
    u->part = SB_PART_TEXT;
    u->field = find_field(name);
    sb_text_reset(&u->value);
    sb_text_add(&u->value, "", 0);
    if (u->all.length > 0) {
        sb_text_put(&u->all, ",");
    }
    sb_text_json(&u->all, name);
    sb_text_put(&u->all, ":");
}

static bool form_begin(void *self, const sb_part *part)
{
    sb_upload *u = self;

    u->part = SB_PART_IGNORED;
    if (!part->filename) {
        begin_text(u, part->name);
    } else if (strcmp(part->name, "file") == 0) {
        if (u->has_file) {
            u->bad_form = true; /* which one is meant? */
            return true;
        }
        u->part = SB_PART_FILE;
        u->has_file = true;
        sb_text_put(&u->filename, part->filename);
        sb_text_put(&u->content_type, part->content_type
                                          ? part->content_type
                                          : "application/octet-stream");
        sb_incoming_open(&u->incoming);
    }
    return true;
}

static bool file_data(sb_upload *u, char *bytes, size_t length)
{
    if (u->room >= 0 && u->incoming.size + (int64_t)length > u->room) {
        u->overflow = true;
        return false;
    }
    if (u->connection->corrupt) {
        u->connection->corrupt = false;
        u->incoming.corrupt = true;
    }
    sb_incoming_write(&u->incoming, bytes, length);
    return true;
}

static bool form_data(void *self, char *bytes, size_t length)
{
    sb_upload *u = self;

    if (u->part == SB_PART_FILE) {
        return file_data(u, bytes, length);
    }
    if (u->part == SB_PART_TEXT) {
        if (u->value.length + u->all.length + length > MAX_FIELDS_BYTES) {
            u->bad_form = true;
            u->part = SB_PART_IGNORED;
            return true;
        }
        sb_text_add(&u->value, bytes, length);
    }
    return true;
}

static bool form_end(void *self)
{
    sb_upload *u = self;

    if (u->part == SB_PART_TEXT && !u->value.failed) {
        sb_text_json(&u->all, u->value.data);
        if (u->field < SB_N_FIELDS) {
            sb_text_reset(&u->fields[u->field]);
            sb_text_put(&u->fields[u->field], u->value.data);
            u->has_field[u->field] = true;
        }
    }
    return true;
}

static const sb_form_ops form_ops = {
    .read = form_read,
    .begin = form_begin,
    .data = form_data,
    .end = form_end,
};

bool sb_upload_body(sb_connection *c)
{
    sb_upload *u = c->upload;
    char boundary[SB_BOUNDARY_MAX + 1];
    sb_form_result result;

    if (!sb_form_boundary(c->request.content_type, boundary)) {
        return sb_skip_body(c); /* a form without a file, to the original */
    }
    result = sb_form_parse(&form_ops, u, boundary, u->window, SB_WINDOW);
    if (result == SB_FORM_STOPPED && u->overflow) {
        sb_reply_full(c);
        return false;
    }
    if (result == SB_FORM_BAD) {
        u->bad_form = true;
        return sb_skip_body(c);
    }
    return result == SB_FORM_OK;
}
