/* What tests and people switch on a running sandbox, and ask it. */
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "listener.h"

/* A wrong id is a mistake in a test: say so. */
static sb_element *get(const sandbox *s, const char *id)
{
    sb_element *element = sb_fleet_find(s, id);

    if (!element) {
        fprintf(stderr, "sandbox: no element %s\n", id);
    }
    return element;
}

const char *sandbox_url(const sandbox *s, const char *id)
{
    sb_element *element = sb_fleet_find(s, id);

    return element ? element->url : NULL;
}

void sandbox_add_fault(sandbox *s, const char *id, const sandbox_fault *fault)
{
    sb_element *element = get(s, id);

    if (!element) {
        return;
    }
    pthread_mutex_lock(&element->lock);
    if (!sb_faults_add(&element->faults, fault)) {
        fprintf(stderr, "sandbox: %s: bad fault, or out of memory\n", id);
    }
    pthread_mutex_unlock(&element->lock);
}

void sandbox_clear_faults(sandbox *s, const char *id)
{
    sb_element *element = get(s, id);

    if (element) {
        pthread_mutex_lock(&element->lock);
        sb_faults_clear(&element->faults);
        pthread_mutex_unlock(&element->lock);
    }
}

void sandbox_kill(sandbox *s, const char *id)
{
    sb_element *element = get(s, id);

    if (element) {
        sb_listener_stop(element);
    }
}

bool sandbox_revive(sandbox *s, const char *id)
{
    sb_element *element = get(s, id);

    return element && sb_listener_start(element);
}

void sandbox_set_used(sandbox *s, const char *id, int64_t used_bytes)
{
    sb_element *element = get(s, id);

    if (element) {
        pthread_mutex_lock(&element->lock);
        element->used_override = used_bytes;
        pthread_mutex_unlock(&element->lock);
    }
}

void sandbox_set_full_status(sandbox *s, const char *id, int status)
{
    sb_element *element = get(s, id);

    if (element) {
        pthread_mutex_lock(&element->lock);
        element->full_status = status;
        pthread_mutex_unlock(&element->lock);
    }
}

void sandbox_set_mode(sandbox *s, const char *id, const char *mode)
{
    sb_element *element = get(s, id);

    if (element && !sb_mode_valid(mode)) {
        fprintf(stderr, "sandbox: %s: no mode %s\n", id, mode);
    } else if (element) {
        pthread_mutex_lock(&element->lock);
        snprintf(element->mode, sizeof(element->mode), "%s", mode);
        pthread_mutex_unlock(&element->lock);
    }
}

void sandbox_revoke_tokens(sandbox *s)
{
    sb_tokens_revoke(&s->fleet->tokens);
}

void sandbox_counts_of(sandbox *s, const char *id, sandbox_counts *out)
{
    sb_element *element = get(s, id);

    *out = (sandbox_counts){0};
    if (element) {
        pthread_mutex_lock(&element->lock);
        *out = element->counts;
        pthread_mutex_unlock(&element->lock);
    }
}

int sandbox_copies(sandbox *s, const char *file_id)
{
    uint8_t id[SB_UUID_BYTES];
    int copies = 0;
    sb_file file;

    if (!sb_uuid_parse(file_id, id)) {
        return 0;
    }
    for (sb_element *element = s->first; element; element = element->next) {
        copies += sb_element_find(element, id, &file);
    }
    return copies;
}

bool sandbox_holds(sandbox *s, const char *id, const char *file_id,
                   const char *sha256)
{
    sb_element *element = get(s, id);
    uint8_t uuid[SB_UUID_BYTES], want[SB_SHA_BYTES], have[SB_SHA_BYTES];
    sb_file file;
    char *path;
    bool good;

    if (!element || !sb_uuid_parse(file_id, uuid) ||
        !sb_hex_parse(sha256, want, sizeof(want)) ||
        !sb_element_find(element, uuid, &file) ||
        memcmp(file.sha256, want, sizeof(want)) != 0) {
        return false;
    }
    if (s->fleet->discard) {
        return true;
    }
    /* The bytes themselves are asked, not what was noted about them. */
    path = sb_element_path(element, uuid, "");
    good = path && sb_hash_file(path, have) &&
           memcmp(have, want, sizeof(want)) == 0;
    free(path);
    return good;
}
