/* The requests about one stored file (wire-contract 3.4 to 3.6). */
#include "connection.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#define MAX_ATTR_BYTES (1 << 20)
#define MAX_GC_BODY 4096

static bool not_found(sb_connection *c)
{
    char id[SB_UUID_SIZE];

    sb_uuid_print(c->id, id);
    sb_reply_detail(c, 404, "File %s not found", id);
    return true;
}

static int open_file(sb_connection *c, const char *suffix)
{
    char *path = sb_element_path(c->element, c->id, suffix);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    free(path);
    return fd;
}

/* The attr.json of the file as it lies; false: not there or unreadable. */
static bool read_attributes(sb_connection *c, sb_text *out)
{
    char bytes[4096];
    int fd = open_file(c, ".attr.json");
    ssize_t n = -1;

    if (fd < 0) {
        return false;
    }
    while ((n = read(fd, bytes, sizeof(bytes))) > 0 &&
           out->length < MAX_ATTR_BYTES) {
        sb_text_add(out, bytes, (size_t)n);
    }
    close(fd);
    return n == 0 && out->length > 0 && !out->failed;
}

/* What is known of a file whose bytes were not kept. */
static void print_bare(sb_text *out, const sb_file *file)
{
    char id[SB_UUID_SIZE], sha256[SB_SHA_SIZE], time[SB_TIME_SIZE];

    sb_uuid_print(file->id, id);
    sb_hex_print(file->sha256, SB_SHA_BYTES, sha256);
    sb_time_print(file->stored_us, time);
    sb_text_printf(out,
                   "{\"file_id\":\"%s\",\"original_filename\":\"%s\","
                   "\"storage_filename\":\"%s\",\"file_size\":%lld,"
                   "\"content_type\":\"application/octet-stream\","
                   "\"created_at\":\"%s\",\"checksum\":\"%s\"}",
                   id, id, id, (long long)file->size, time, sha256);
}

bool sb_file_get(sb_connection *c)
{
    sb_file file;

    if (!sb_element_find(c->element, c->id, &file)) {
        return not_found(c);
    }
    sb_set_reply(c, 200);
    if (c->element->fleet->discard) {
        print_bare(&c->reply.body, &file);
    } else if (!read_attributes(c, &c->reply.body)) {
        return not_found(c); /* as the original answers its own errors */
    }
    return true;
}

/*
 * A name in a header is Latin-1: what is not in it makes the original fail.
 */
static bool print_latin1(sb_text *out, const char *name)
{
    while (*name) {
        size_t length = sb_utf8_length(name);
        uint32_t value = sb_utf8_decode(name, length);
        char byte = (char)value;

        if (length == 0 || value < 0x20 || value == 0x7f || value > 0xff) {
            return false;
        }
        sb_text_add(out, &byte, 1);
        name += length;
    }
    return true;
}

static bool print_download_headers(sb_connection *c, sb_text *out)
{
    sb_text attributes = {0};
    const char *name, *type;
    cJSON *json = NULL;
    bool good = false;

    if (read_attributes(c, &attributes)) {
        json = cJSON_Parse(attributes.data);
    }
    name = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(json, "original_filename"));
    type = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(json, "content_type"));
    if (name && type) {
        sb_text_put(out, "Content-Type: ");
        good = print_latin1(out, type);
        sb_text_put(out, "\r\nContent-Disposition: attachment; filename=\"");
        good = good && print_latin1(out, name);
        sb_text_put(out, "\"\r\n");
    }
    cJSON_Delete(json);
    sb_text_fini(&attributes);
    return good && !out->failed;
}

bool sb_file_download(sb_connection *c)
{
    sb_text headers = {0};
    struct stat data;
    sb_file file;

    if (!sb_element_find(c->element, c->id, &file)) {
        return not_found(c);
    }
    sb_set_reply(c, 200);
    c->reply.file_fd = open_file(c, "");
    if (c->reply.file_fd < 0 || fstat(c->reply.file_fd, &data) != 0 ||
        !print_download_headers(c, &headers)) {
        sb_text_fini(&headers);
        sb_reply_detail(c, 500, "Failed to download file");
        return true;
    }
    c->reply.file_size = data.st_size;
    c->reply.headers = c->reply.own_headers = headers.data;
    return true;
}

bool sb_file_delete(sb_connection *c)
{
    char mode[8];

    sb_element_mode(c->element, mode);
    if (strcmp(mode, "edit") != 0) {
        sb_reply_detail(c, 400,
                        "File deletion not allowed in %s mode. Only EDIT mode "
                        "allows deletion.",
                        mode);
        return false;
    }
    if (!sb_element_delete(c->element, c->id)) {
        return not_found(c);
    }
    sb_set_reply(c, 204);
    return true;
}

/* The optional {"reason": ...} stays in c->reply.body for sb_gc_delete. */
bool sb_gc_body(sb_connection *c)
{
    char bytes[1024];
    ssize_t n;

    sb_set_reply(c, 200);
    while ((n = sb_read_body(c, bytes, sizeof(bytes))) > 0) {
        if (c->reply.body.length < MAX_GC_BODY) {
            sb_text_add(&c->reply.body, bytes, (size_t)n);
        }
    }
    return n == 0;
}

bool sb_gc_delete(sb_connection *c)
{
    sb_text *body = &c->reply.body;
    cJSON *request = body->length ? cJSON_Parse(body->data) : NULL;
    const char *reason = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(request, "reason"));
    bool deleted = sb_element_delete(c->element, c->id);
    char id[SB_UUID_SIZE], time[SB_TIME_SIZE];

    sb_uuid_print(c->id, id);
    sb_time_print(sb_now_us(), time);
    sb_set_reply(c, 200);
    sb_text_printf(body,
                   "{\"status\":\"%s\",\"file_id\":\"%s\",\"deleted_at\":"
                   "\"%s\",\"deleted_by\":\"sandbox\",\"reason\":",
                   deleted ? "deleted" : "already_deleted", id, time);
    if (reason) {
        sb_text_json(body, reason);
    } else {
        sb_text_put(body, "null");
    }
    sb_text_put(body, "}");
    cJSON_Delete(request);
    return true;
}

bool sb_gc_exists(sb_connection *c)
{
    char id[SB_UUID_SIZE];
    sb_file file;
    bool exists = sb_element_find(c->element, c->id, &file);

    sb_uuid_print(c->id, id);
    sb_set_reply(c, 200);
    sb_text_printf(&c->reply.body, "{\"exists\":%s,\"file_id\":\"%s\"}",
                   exists ? "true" : "false", id);
    return true;
}
