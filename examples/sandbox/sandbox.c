#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fleet.h"
#include "listener.h"

#define IDLE_MS 60000
#define TOKEN_TTL_S 1800

static bool make_dirs(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') {
            continue;
        }
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            *at = '/';
            return false;
        }
        *at = '/';
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static int open_truth(const char *dir)
{
    char *path;
    int fd;

    if (asprintf(&path, "%s/truth.jsonl", dir) < 0) {
        return -1;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    free(path);
    return fd;
}

static void fleet_free(sb_fleet *fleet)
{
    if (!fleet) {
        return;
    }
    if (fleet->truth_fd >= 0) {
        close(fleet->truth_fd);
    }
    sb_tokens_fini(&fleet->tokens);
    free(fleet->client_id);
    free(fleet->client_secret);
    free(fleet->token);
    free(fleet->dir);
    free(fleet);
}

static bool take_fixed(sb_fleet *fleet, const char *checksum)
{
    fleet->fixed = checksum != NULL;
    if (checksum &&
        (!fleet->discard || !sb_hex_parse(checksum, fleet->fixed_sha256,
                                          sizeof(fleet->fixed_sha256)))) {
        fprintf(stderr, "sandbox: a fixed checksum is 64 hex digits, and needs "
                        "discard\n");
        return false;
    }
    return true;
}

/* NULL stays NULL; false: out of memory. */
static bool copy_string(char **out, const char *string)
{
    *out = string ? strdup(string) : NULL;
    return *out || !string;
}

static bool take_strings(sb_fleet *fleet, const sandbox_options *options)
{
    return copy_string(&fleet->dir, options->dir) &&
           copy_string(&fleet->token, options->token) &&
           copy_string(&fleet->client_id, options->client_id) &&
           copy_string(&fleet->client_secret, options->client_secret);
}

static sb_fleet *fleet_new(const sandbox_options *options)
{
    sb_fleet *fleet = calloc(1, sizeof(*fleet));

    if (!fleet) {
        fprintf(stderr, "sandbox: out of memory\n");
        return NULL;
    }
    fleet->truth_fd = -1;
    fleet->discard = options->discard;
    fleet->idle_ms = options->idle_ms > 0 ? options->idle_ms : IDLE_MS;
    atomic_init(&fleet->documents, 0);
    fleet->token_ttl_s =
        options->token_ttl_s > 0 ? options->token_ttl_s : TOKEN_TTL_S;
    fleet->require_token = options->require_token;
    sb_tokens_init(&fleet->tokens);
    if (!take_fixed(fleet, options->fixed_checksum)) {
        fleet_free(fleet);
        return NULL;
    }
    if (take_strings(fleet, options) && fleet->dir && make_dirs(fleet->dir)) {
        fleet->truth_fd = open_truth(fleet->dir);
    }
    if (fleet->truth_fd < 0) {
        fprintf(stderr, "sandbox: %s: %s\n", options->dir, strerror(errno));
        fleet_free(fleet);
        return NULL;
    }
    return fleet;
}

sb_element *sb_fleet_find(const sandbox *s, const char *id)
{
    sb_element *element = s->first;

    if (s->admin && strcmp(id, s->admin->id) == 0) {
        return s->admin;
    }
    while (element && strcmp(element->id, id) != 0) {
        element = element->next;
    }
    return element;
}

static bool listen_to(sb_element *element)
{
    if (!sb_listener_bind(element) || !sb_listener_start(element)) {
        fprintf(stderr, "sandbox: %s: listen: %s\n", element->id,
                strerror(errno));
        return false;
    }
    return true;
}

static bool start_element(sandbox *s, const sandbox_element *what)
{
    sb_element **end = &s->first;
    sb_element *element;

    if (what->id && sb_fleet_find(s, what->id)) {
        fprintf(stderr, "sandbox: two elements %s\n", what->id);
        return false;
    }
    element = sb_element_new(s->fleet, what, (int)s->n_elements + 1);
    if (!element) {
        return false;
    }
    while (*end) {
        end = &(*end)->next;
    }
    *end = element;
    s->n_elements++;
    return listen_to(element);
}

/* Last of all: it names the elements, which do not change any more. */
static bool start_admin(sandbox *s)
{
    sb_element *admin = sb_element_new_admin(s->fleet);

    if (admin && !listen_to(admin)) {
        sb_element_free(admin);
        return false;
    }
    s->admin = admin;
    return admin != NULL;
}

static bool start_all(sandbox *s, const sandbox_options *options)
{
    s->fleet = fleet_new(options);
    if (!s->fleet) {
        return false;
    }
    s->fleet->owner = s;
    for (size_t i = 0; i < options->n_elements; i++) {
        if (!start_element(s, &options->elements[i])) {
            return false;
        }
    }
    return !options->admin || start_admin(s);
}

sandbox *sandbox_start(const sandbox_options *options)
{
    sandbox *s = calloc(1, sizeof(*s));

    if (!s) {
        fprintf(stderr, "sandbox: out of memory\n");
        return NULL;
    }
    if (!start_all(s, options)) {
        sandbox_stop(s);
        return NULL;
    }
    return s;
}

void sandbox_stop(sandbox *s)
{
    if (!s) {
        return;
    }
    if (s->admin) {
        sb_listener_stop(s->admin);
        sb_element_free(s->admin);
    }
    while (s->first) {
        sb_element *element = s->first;

        s->first = element->next;
        sb_listener_stop(element);
        sb_element_free(element);
    }
    fleet_free(s->fleet);
    free(s);
}
