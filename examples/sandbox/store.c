/*
 * Files that come in, and that go: what element.h says about sb_incoming.
 *
 * An id is PENDING in the table while its file is renamed and its lines are
 * written, so that of two uploads with one id only one is stored.
 */
#include "element.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        }
    }
    return true;
}

/* One line, one write: lines of several elements never mix. */
static bool log_truth(const sb_element *element, const char *event,
                      const sb_file *file)
{
    char time[SB_TIME_SIZE], id[SB_UUID_SIZE], sha256[SB_SHA_SIZE];
    char line[512];
    int length;

    if (element->fleet->fixed) {
        return true; /* nothing is known about the bytes */
    }
    sb_time_print(sb_now_us(), time);
    sb_uuid_print(file->id, id);
    sb_hex_print(file->sha256, SB_SHA_BYTES, sha256);
    length =
        snprintf(line, sizeof(line),
                 "{\"time\":\"%s\",\"se_id\":\"%s\",\"event\":\"%s\","
                 "\"file_id\":\"%s\",\"size\":%lld,\"sha256\":\"%s\"}\n",
                 time, element->id, event, id, (long long)file->size, sha256);
    return write(element->fleet->truth_fd, line, (size_t)length) == length;
}

void sb_incoming_init(sb_incoming *in, sb_element *element)
{
    *in = (sb_incoming){.element = element, .fd = -1};
}

void sb_incoming_fini(sb_incoming *in)
{
    sb_incoming_drop(in);
    EVP_MD_CTX_free(in->digest);
    in->digest = NULL;
}

static bool start_digest(sb_incoming *in)
{
    if (in->element->fleet->fixed) {
        return true;
    }
    if (!in->digest) {
        in->digest = EVP_MD_CTX_new();
    }
    return in->digest && EVP_DigestInit_ex(in->digest, EVP_sha256(), NULL);
}

static bool start_file(sb_incoming *in)
{
    sb_element *element = in->element;

    if (element->fleet->discard) {
        return true;
    }
    if (asprintf(&in->path, "%s/.incoming-%d", element->dir,
                 atomic_fetch_add(&element->temporaries, 1)) < 0) {
        in->path = NULL;
        return false;
    }
    in->fd = open(in->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return in->fd >= 0;
}

void sb_incoming_open(sb_incoming *in)
{
    in->size = 0;
    in->corrupt = in->corrupted = false;
    in->failed = !start_digest(in) || !start_file(in);
}

void sb_incoming_write(sb_incoming *in, char *bytes, size_t length)
{
    if (in->failed || length == 0) {
        return;
    }
    if (in->corrupt) {
        bytes[0] ^= 1;
        in->corrupt = false;
        in->corrupted = true;
    }
    in->size += (int64_t)length;
    if (!in->element->fleet->fixed &&
        !EVP_DigestUpdate(in->digest, bytes, length)) {
        in->failed = true;
    }
    if (in->fd >= 0 && !write_all(in->fd, bytes, length)) {
        in->failed = true;
    }
}

bool sb_incoming_finish(sb_incoming *in)
{
    const sb_fleet *fleet = in->element->fleet;

    if (in->fd >= 0 && close(in->fd) != 0) {
        in->failed = true;
    }
    in->fd = -1;
    if (fleet->fixed) {
        memcpy(in->sha256, fleet->fixed_sha256, sizeof(in->sha256));
        in->sha256[0] ^= in->corrupted;
    } else if (!in->failed &&
               !EVP_DigestFinal_ex(in->digest, in->sha256, NULL)) {
        in->failed = true;
    }
    return !in->failed;
}

void sb_incoming_drop(sb_incoming *in)
{
    if (in->fd >= 0) {
        close(in->fd);
        in->fd = -1;
    }
    if (in->path) {
        unlink(in->path);
        free(in->path);
        in->path = NULL;
    }
}

/* Takes the id and the room, or says why not. */
static sb_commit reserve(const sb_incoming *in, const uint8_t *id)
{
    sb_element *element = in->element;
    sb_commit result = SB_COMMITTED;
    int64_t used;
    sb_file *file;

    pthread_mutex_lock(&element->lock);
    used = element->used_override >= 0 ? element->used_override
                                       : element->stored_bytes;
    file = sb_table_put(&element->files, id);
    if (!file) {
        result = SB_COMMIT_FAILED;
    } else if (file->state != SB_DELETED) {
        result = SB_COMMIT_EXISTS;
    } else if (in->size > element->size_bytes - used) {
        result = SB_COMMIT_NO_ROOM;
    } else {
        file->state = SB_PENDING;
        file->size = in->size;
        file->stored_us = sb_now_us();
        memcpy(file->sha256, in->sha256, sizeof(file->sha256));
        element->stored_bytes += in->size;
    }
    pthread_mutex_unlock(&element->lock);
    return result;
}

static void settle(sb_element *element, const uint8_t *id, bool stored)
{
    sb_file *file;

    pthread_mutex_lock(&element->lock);
    file = sb_table_find(&element->files, id);
    if (stored) {
        file->state = SB_STORED;
        element->n_files++;
        element->counts.stored++;
    } else {
        file->state = SB_DELETED;
        element->stored_bytes -= file->size;
    }
    pthread_mutex_unlock(&element->lock);
}

static bool write_attributes(const char *path, const sb_text *attributes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good;

    if (fd < 0) {
        return false;
    }
    good = write_all(fd, attributes->data, attributes->length);
    return close(fd) == 0 && good;
}

/* The bytes and what is known about them, under their names. */
static bool keep_files(sb_incoming *in, const uint8_t *id,
                       const sb_text *attributes)
{
    char *data, *attr;
    bool good;

    if (in->element->fleet->discard) {
        return true;
    }
    data = sb_element_path(in->element, id, "");
    attr = sb_element_path(in->element, id, ".attr.json");
    good = data && attr && rename(in->path, data) == 0;
    if (good && !write_attributes(attr, attributes)) {
        unlink(attr);
        unlink(data);
        good = false;
    }
    free(data);
    free(attr);
    return good;
}

static void remove_files(const sb_element *element, const uint8_t *id)
{
    static const char *const suffixes[] = {".attr.json", ""};

    for (size_t i = 0; !element->fleet->discard && i < 2; i++) {
        char *path = sb_element_path(element, id, suffixes[i]);

        if (path) {
            unlink(path);
        }
        free(path);
    }
}

sb_commit sb_incoming_commit(sb_incoming *in, const uint8_t *id,
                             const sb_text *attributes)
{
    sb_element *element = in->element;
    sb_file file = {.size = in->size};
    sb_commit result = in->failed ? SB_COMMIT_FAILED : reserve(in, id);

    if (result == SB_COMMITTED) {
        memcpy(file.id, id, sizeof(file.id));
        memcpy(file.sha256, in->sha256, sizeof(file.sha256));
        if (!keep_files(in, id, attributes)) {
            result = SB_COMMIT_FAILED;
        } else if (!log_truth(element, "stored", &file)) {
            remove_files(element, id);
            result = SB_COMMIT_FAILED;
        }
        settle(element, id, result == SB_COMMITTED);
    }
    sb_incoming_drop(in);
    return result;
}

bool sb_element_delete(sb_element *element, const uint8_t *id)
{
    sb_file copy = {0};
    sb_file *file;

    pthread_mutex_lock(&element->lock);
    file = sb_table_find(&element->files, id);
    if (file && file->state == SB_STORED) {
        file->state = SB_DELETING;
        copy = *file;
    }
    pthread_mutex_unlock(&element->lock);
    if (copy.state != SB_DELETING) {
        return false;
    }
    remove_files(element, id);
    log_truth(element, "deleted", &copy);
    pthread_mutex_lock(&element->lock);
    sb_table_find(&element->files, id)->state = SB_DELETED;
    element->stored_bytes -= copy.size;
    element->n_files--;
    element->counts.deleted++;
    pthread_mutex_unlock(&element->lock);
    return true;
}
