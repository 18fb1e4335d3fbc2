#include "element.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#define ATTR_SUFFIX ".attr.json"
#define MAX_ATTR_BYTES (1 << 20)
#define DEFAULT_SIZE_BYTES (INT64_C(1) << 40)

bool sb_mode_valid(const char *mode)
{
    static const char *const modes[] = {"edit", "rw", "ro", "ar"};

    for (size_t i = 0; mode && i < sizeof(modes) / sizeof(*modes); i++) {
        if (strcmp(mode, modes[i]) == 0) {
            return true;
        }
    }
    return false;
}

void sb_element_mode(sb_element *element, char mode[8])
{
    pthread_mutex_lock(&element->lock);
    memcpy(mode, element->mode, sizeof(element->mode));
    pthread_mutex_unlock(&element->lock);
}

int64_t sb_element_available(sb_element *element, int64_t *used)
{
    int64_t in_use;

    pthread_mutex_lock(&element->lock);
    in_use = element->used_override >= 0 ? element->used_override
                                         : element->stored_bytes;
    pthread_mutex_unlock(&element->lock);
    if (used) {
        *used = in_use;
    }
    return in_use < element->size_bytes ? element->size_bytes - in_use : 0;
}

bool sb_element_find(sb_element *element, const uint8_t *id, sb_file *out)
{
    sb_file *file;
    bool found;

    pthread_mutex_lock(&element->lock);
    file = sb_table_find(&element->files, id);
    found = file && file->state == SB_STORED;
    if (found) {
        *out = *file;
    }
    pthread_mutex_unlock(&element->lock);
    return found;
}

char *sb_element_path(const sb_element *element, const uint8_t *id,
                      const char *suffix)
{
    char name[SB_UUID_SIZE];
    char *path;

    sb_uuid_print(id, name);
    return asprintf(&path, "%s/%s%s", element->dir, name, suffix) < 0 ? NULL
                                                                      : path;
}

bool sb_hash_file(const char *path, uint8_t sha256[SB_SHA_BYTES])
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    FILE *file = fopen(path, "rbe");
    char bytes[16384];
    size_t length;
    bool good = digest && file && EVP_DigestInit_ex(digest, EVP_sha256(), NULL);

    while (good && (length = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        good = EVP_DigestUpdate(digest, bytes, length);
    }
    good = good && !ferror(file) && EVP_DigestFinal_ex(digest, sha256, NULL);
    if (file) {
        fclose(file);
    }
    EVP_MD_CTX_free(digest);
    return good;
}

static char *read_small_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    char *text = malloc(MAX_ATTR_BYTES);
    size_t length = 0;

    if (file && text) {
        length = fread(text, 1, MAX_ATTR_BYTES - 1, file);
        text[length] = '\0';
    }
    if (file) {
        fclose(file);
    }
    if (length == 0) {
        free(text);
        text = NULL;
    }
    return text;
}

static const char *string_of(const cJSON *object, const char *name)
{
    const char *string =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return string ? string : "";
}

/* A stored file of an earlier run; anything else in the folder is passed by. */
static bool load_file(sb_element *element, const char *attr_path)
{
    char *text = read_small_file(attr_path);
    cJSON *attr = text ? cJSON_Parse(text) : NULL;
    uint8_t id[SB_UUID_BYTES], sha256[SB_SHA_BYTES];
    char *path = NULL;
    struct stat data;
    sb_file *file;
    bool good = true;

    if (sb_uuid_parse(string_of(attr, "file_id"), id) &&
        sb_hex_parse(string_of(attr, "checksum"), sha256, sizeof(sha256))) {
        path = sb_element_path(element, id, "");
        good = path != NULL;
    }
    if (path && stat(path, &data) == 0) {
        file = sb_table_put(&element->files, id);
        good = file != NULL;
        if (file) {
            file->state = SB_STORED;
            file->size = data.st_size;
            file->stored_us = (int64_t)data.st_mtime * 1000000;
            memcpy(file->sha256, sha256, sizeof(sha256));
            element->stored_bytes += data.st_size;
            element->n_files++;
        }
    }
    free(path);
    cJSON_Delete(attr);
    free(text);
    return good;
}

static bool ends_with(const char *string, const char *end)
{
    size_t length = strlen(string), n = strlen(end);

    return length >= n && strcmp(string + length - n, end) == 0;
}

static bool load_entry(sb_element *element, const char *name)
{
    char *path;
    bool good = true;

    if (asprintf(&path, "%s/%s", element->dir, name) < 0) {
        return false;
    }
    if (strncmp(name, ".incoming-", 10) == 0) {
        unlink(path); /* of a process that was killed */
    } else if (ends_with(name, ATTR_SUFFIX)) {
        good = load_file(element, path);
    }
    free(path);
    return good;
}

static bool load_dir(sb_element *element)
{
    DIR *dir;
    struct dirent *entry;
    bool good = true;

    if (mkdir(element->dir, 0777) != 0 && errno != EEXIST) {
        return false;
    }
    dir = opendir(element->dir);
    if (!dir) {
        return false;
    }
    while (good && (entry = readdir(dir))) {
        good = load_entry(element, entry->d_name);
    }
    closedir(dir);
    return good;
}

static bool id_valid(const char *id)
{
    size_t length = id ? strlen(id) : 0;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return length > 0 && length <= 64 && id[0] != '.' &&
           strspn(id, allowed) == length;
}

static bool init_sync(sb_element *element)
{
    pthread_condattr_t monotonic;
    bool good;

    if (pthread_condattr_init(&monotonic) != 0) {
        return false;
    }
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    good = pthread_cond_init(&element->changed, &monotonic) == 0;
    pthread_condattr_destroy(&monotonic);
    return good && pthread_mutex_init(&element->lock, NULL) == 0 &&
           pthread_mutex_init(&element->life, NULL) == 0;
}

static sb_element *element_alloc(sb_fleet *fleet, const char *id)
{
    sb_element *element = calloc(1, sizeof(*element));

    if (!element) {
        return NULL;
    }
    element->port_fd = element->listen_fd = -1;
    element->fleet = fleet;
    element->id = strdup(id);
    if (asprintf(&element->dir, "%s/%s", fleet->dir, id) < 0) {
        element->dir = NULL;
    }
    if (!element->id || !element->dir || !init_sync(element)) {
        sb_element_free(element);
        return NULL;
    }
    return element;
}

sb_element *sb_element_new(sb_fleet *fleet, const sandbox_element *what,
                           int number)
{
    sb_element *element;

    if (!id_valid(what->id) || !sb_mode_valid(what->mode) ||
        what->size_bytes < 0) {
        fprintf(stderr, "sandbox: element %d: bad id, mode or size\n", number);
        return NULL;
    }
    element = element_alloc(fleet, what->id);
    if (!element) {
        fprintf(stderr, "sandbox: out of memory\n");
        return NULL;
    }
    element->number = number;
    element->priority = what->priority;
    element->size_bytes =
        what->size_bytes ? what->size_bytes : DEFAULT_SIZE_BYTES;
    snprintf(element->mode, sizeof(element->mode), "%s", what->mode);
    element->used_override = -1;
    element->full_status = 507;
    if (!fleet->discard && !load_dir(element)) {
        fprintf(stderr, "sandbox: %s: %s\n", element->dir, strerror(errno));
        sb_element_free(element);
        return NULL;
    }
    return element;
}

sb_element *sb_element_new_admin(sb_fleet *fleet)
{
    sb_element *element = element_alloc(fleet, "admin");

    if (!element) {
        fprintf(stderr, "sandbox: out of memory\n");
        return NULL;
    }
    element->is_admin = true;
    element->size_bytes = DEFAULT_SIZE_BYTES;
    return element;
}

void sb_element_free(sb_element *element)
{
    if (!element) {
        return;
    }
    if (element->port_fd >= 0) {
        close(element->port_fd);
    }
    sb_faults_clear(&element->faults);
    sb_table_fini(&element->files);
    pthread_cond_destroy(&element->changed);
    pthread_mutex_destroy(&element->lock);
    pthread_mutex_destroy(&element->life);
    free(element->dir);
    free(element->id);
    free(element);
}
