/* The fleet document (wire-contract 1.3), as the Admin Module publishes it. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fleet.h"

static void print_element(sb_text *out, sb_element *element, const char *time)
{
    int64_t used, files;
    char mode[8];
    bool writable;

    sb_element_mode(element, mode);
    sb_element_available(element, &used);
    pthread_mutex_lock(&element->lock);
    files = element->n_files;
    pthread_mutex_unlock(&element->lock);
    writable = strcmp(mode, "edit") == 0 || strcmp(mode, "rw") == 0;
    sb_text_printf(out,
                   "{\"id\": %d, \"name\": \"Sandbox %s\", \"api_url\": "
                   "\"%s\", \"mode\": \"%s\", \"storage_type\": \"local\", "
                   "\"status\": \"online\", \"base_path\": ",
                   element->number, element->id, element->url, mode);
    sb_text_json_ascii(out, element->dir);
    sb_text_printf(out,
                   ", \"capacity_bytes\": %lld, \"used_bytes\": %lld, "
                   "\"file_count\": %lld, \"retention_days\": null, "
                   "\"priority\": %d, \"element_id\": \"%s\", "
                   "\"is_writable\": %s, \"is_available\": true, "
                   "\"last_health_check\": \"%s\"}",
                   (long long)element->size_bytes, (long long)used,
                   (long long)files, element->priority, element->id,
                   writable ? "true" : "false", time);
}

char *sandbox_document(const sandbox *s)
{
    sb_text out = {0};
    char time[SB_TIME_SIZE];

    sb_time_print(sb_now_us(), time);
    sb_text_printf(&out,
                   "{\"version\": %d, \"timestamp\": \"%s\", \"count\": %zu, "
                   "\"storage_elements\": [",
                   atomic_fetch_add(&s->fleet->documents, 1) + 1, time,
                   s->n_elements);
    for (sb_element *element = s->first; element; element = element->next) {
        print_element(&out, element, time);
        sb_text_put(&out, element->next ? ", " : "");
    }
    sb_text_put(&out, "]}");
    if (out.failed) {
        sb_text_fini(&out);
    }
    return out.data;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    size_t left = strlen(text);

    if (fd < 0) {
        return false;
    }
    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0 && errno != EINTR) {
            int error = errno;

            close(fd);
            errno = error;
            return false;
        }
        if (n > 0) {
            text += n;
            left -= (size_t)n;
        }
    }
    return close(fd) == 0;
}

bool sandbox_write_document(const sandbox *s, const char *path)
{
    char *text = sandbox_document(s);
    char *next = NULL;
    bool good = false;
    int error;

    if (!text || asprintf(&next, "%s.new", path) < 0) {
        free(text);
        errno = ENOMEM;
        return false;
    }
    good = write_file(next, text) && rename(next, path) == 0;
    error = errno;
    if (!good) {
        unlink(next);
    }
    free(next);
    free(text);
    errno = error;
    return good;
}
