/* Which request goes where, and the requests that need no file. */
#include "connection.h"

#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

typedef struct sb_route {
    const char *method;
    const char *path;   /* all of it, or what stands before the id */
    const char *suffix; /* what stands behind the id; NULL: no id */
    sandbox_route name;
    bool needs_token;
    bool plain_id; /* the id is no UUID: the route looks at it */
    bool (*check)(sb_connection *c);
    bool (*body)(sb_connection *c);
    bool (*act)(sb_connection *c);
} sb_route;

static bool check_nothing(sb_connection *c)
{
    (void)c;
    return true;
}

static bool act_live(sb_connection *c)
{
    char time[SB_TIME_SIZE];

    sb_time_print(sb_now_us(), time);
    sb_set_reply(c, 200);
    sb_text_printf(&c->reply.body,
                   "{\"status\":\"ok\",\"timestamp\":\"%s\","
                   "\"checks\":{\"process\":\"running\"}}",
                   time);
    return true;
}

static bool act_ready(sb_connection *c)
{
    char time[SB_TIME_SIZE];

    sb_time_print(sb_now_us(), time);
    sb_set_reply(c, 200);
    sb_text_printf(&c->reply.body,
                   "{\"status\":\"ready\",\"timestamp\":\"%s\","
                   "\"checks\":{\"storage\":\"ok\"}}",
                   time);
    return true;
}

static bool act_capacity(sb_connection *c)
{
    sb_element *element = c->element;
    int64_t used, available = sb_element_available(element, &used);
    char mode[8], time[SB_TIME_SIZE];

    sb_element_mode(element, mode);
    sb_time_print(sb_now_us(), time);
    sb_set_reply(c, 200);
    sb_text_printf(&c->reply.body,
                   "{\"storage_id\":\"%s\",\"mode\":\"%s\",\"capacity\":{"
                   "\"total\":%lld,\"used\":%lld,\"available\":%lld,"
                   "\"percent_used\":%.2f},\"health\":\"healthy\","
                   "\"last_update\":\"%s\",\"backend\":\"local\","
                   "\"location\":\"sandbox\"}",
                   element->id, mode, (long long)element->size_bytes,
                   (long long)used, (long long)available,
                   100.0 * (double)used / (double)element->size_bytes, time);
    return true;
}

static bool act_info(sb_connection *c)
{
    sb_element *element = c->element;
    int64_t used, files;
    char mode[8], time[SB_TIME_SIZE];

    sb_element_mode(element, mode);
    sb_element_available(element, &used);
    pthread_mutex_lock(&element->lock);
    files = element->n_files;
    pthread_mutex_unlock(&element->lock);
    sb_time_print(sb_now_us(), time);
    sb_set_reply(c, 200);
    sb_text_printf(&c->reply.body,
                   "{\"name\":\"%s\",\"display_name\":\"Sandbox %s\","
                   "\"version\":\"1.0.0\",\"mode\":\"%s\","
                   "\"storage_type\":\"local\",\"base_path\":",
                   element->id, element->id, mode);
    sb_text_json(&c->reply.body, element->dir);
    sb_text_printf(&c->reply.body,
                   ",\"capacity_bytes\":%lld,\"used_bytes\":%lld,"
                   "\"file_count\":%lld,\"status\":\"%s\",\"priority\":%d,"
                   "\"element_id\":\"%s\",\"timestamp\":\"%s\"}",
                   (long long)element->size_bytes, (long long)used,
                   (long long)files,
                   strcmp(mode, "ar") ? "operational" : "maintenance",
                   element->priority, element->id, time);
    return true;
}

static bool act_not_found(sb_connection *c)
{
    sb_reply_detail(c, 404, "Not Found");
    return true;
}

#define FILES "/api/v1/files/"
#define GC "/api/v1/gc/"

static const sb_route routes[] = {
    {"POST", FILES "upload", NULL, SANDBOX_UPLOAD, true, false, sb_upload_check,
     sb_upload_body, sb_upload_act},
    {"GET", "/api/v1/capacity", NULL, SANDBOX_CAPACITY, false, false,
     check_nothing, sb_skip_body, act_capacity},
    {"GET", FILES, "", SANDBOX_FILE, true, false, check_nothing, sb_skip_body,
     sb_file_get},
    {"GET", FILES, "/download", SANDBOX_FILE, true, false, check_nothing,
     sb_skip_body, sb_file_download},
    {"DELETE", FILES, "", SANDBOX_DELETE_FILE, true, false, check_nothing,
     sb_skip_body, sb_file_delete},
    {"DELETE", GC, "", SANDBOX_DELETE_GC, true, false, check_nothing,
     sb_gc_body, sb_gc_delete},
    {"GET", GC, "/exists", SANDBOX_ANY, true, false, check_nothing,
     sb_skip_body, sb_gc_exists},
    {"GET", "/api/v1/info", NULL, SANDBOX_ANY, false, false, check_nothing,
     sb_skip_body, act_info},
    {"GET", "/health/live", NULL, SANDBOX_ANY, false, false, check_nothing,
     sb_skip_body, act_live},
    {"GET", "/health/ready", NULL, SANDBOX_ANY, false, false, check_nothing,
     sb_skip_body, act_ready},
};

#define ELEMENTS "/api/v1/internal/storage-elements/"

static const sb_route admin_routes[] = {
    {"POST", "/api/v1/auth/token", NULL, SANDBOX_TOKEN, false, false,
     check_nothing, sb_token_body, sb_token_act},
    {"GET", ELEMENTS "available", NULL, SANDBOX_LIST, true, false,
     check_nothing, sb_skip_body, sb_list_act},
    {"GET", ELEMENTS, "", SANDBOX_ITEM, true, true, check_nothing, sb_skip_body,
     sb_item_act},
    {"GET", "/health/live", NULL, SANDBOX_ANY, false, false, check_nothing,
     sb_skip_body, act_live},
};

static const sb_route no_route = {
    .name = SANDBOX_ANY,
    .check = check_nothing,
    .body = sb_skip_body,
    .act = act_not_found,
};

sandbox_route sb_route_name(const sb_connection *c)
{
    return c->route ? c->route->name : SANDBOX_ANY;
}

bool sb_is_upload(const sb_connection *c)
{
    return sb_route_name(c) == SANDBOX_UPLOAD;
}

/* One path segment and the suffix, or nothing behind the path. */
static bool path_matches(const sb_route *route, const char *path)
{
    size_t length = strlen(route->path);

    if (strncmp(path, route->path, length) != 0) {
        return false;
    }
    path += length;
    if (!route->suffix) {
        return !*path;
    }
    length = strcspn(path, "/");
    return length > 0 && strcmp(path + length, route->suffix) == 0;
}

static const sb_route *find_route(const sb_connection *c)
{
    const sb_request *request = &c->request;
    bool admin = c->element->is_admin;
    const sb_route *at = admin ? admin_routes : routes;
    size_t n = admin ? sizeof(admin_routes) / sizeof(*admin_routes)
                     : sizeof(routes) / sizeof(*routes);

    for (; n > 0; n--, at++) {
        if (strcmp(request->method, at->method) == 0 &&
            path_matches(at, request->path)) {
            return at;
        }
    }
    return &no_route;
}

/* The id in the path; false: a reply is set. */
static bool take_id(sb_connection *c)
{
    const sb_route *route = c->route;
    char id[SB_UUID_SIZE];
    const char *segment;
    size_t length;

    if (!route->suffix || route->plain_id) {
        return true;
    }
    segment = c->request.path + strlen(route->path);
    length = strcspn(segment, "/");
    if (length == sizeof(id) - 1) {
        memcpy(id, segment, length);
        id[length] = '\0';
        if (sb_uuid_parse(id, c->id)) {
            return true;
        }
    }
    sb_set_reply(c, 422);
    sb_text_put(&c->reply.body,
                "{\"detail\":[{\"type\":\"uuid_parsing\",\"loc\":[\"path\","
                "\"file_id\"],\"msg\":\"Input should be a valid UUID\"}]}");
    return false;
}

static bool same_secret(const char *a, const char *b)
{
    size_t length = strlen(a);

    return length == strlen(b) && CRYPTO_memcmp(a, b, length) == 0;
}

static bool is_good(sb_fleet *fleet, const char *token)
{
    return (fleet->token && same_secret(token, fleet->token)) ||
           sb_tokens_accept(&fleet->tokens, token);
}

static bool asks_for_token(const sb_connection *c)
{
    const sb_fleet *fleet = c->element->fleet;

    return c->route->needs_token &&
           (c->element->is_admin ? fleet->client_id != NULL
                                 : fleet->token || fleet->require_token);
}

/* Wire-contract 3.1 and 2; false: a reply is set. */
static bool check_token(sb_connection *c)
{
    static const char challenge[] = "WWW-Authenticate: Bearer\r\n";
    const char *given = c->request.authorization;

    if (!asks_for_token(c)) {
        return true;
    }
    if (!given) {
        sb_reply_detail(c, c->element->is_admin ? 403 : 401,
                        "Not authenticated");
        c->reply.headers = challenge;
    } else if (strncasecmp(given, "Bearer ", 7) != 0) {
        sb_reply_detail(c, 403, "Invalid authentication credentials");
    } else if (!is_good(c->element->fleet, given + 7)) {
        sb_reply_detail(c, 401, "Invalid or expired token");
        c->reply.headers = challenge;
    } else {
        return true;
    }
    return false;
}

static void count_request(sb_connection *c)
{
    sandbox_counts *counts = &c->element->counts;

    pthread_mutex_lock(&c->element->lock);
    counts->requests++;
    counts->uploads += c->route->name == SANDBOX_UPLOAD;
    counts->capacity_requests += c->route->name == SANDBOX_CAPACITY;
    counts->file_requests += c->route->name == SANDBOX_FILE;
    counts->token_requests += c->route->name == SANDBOX_TOKEN;
    counts->list_requests += c->route->name == SANDBOX_LIST;
    pthread_mutex_unlock(&c->element->lock);
}

/* To the point where a reply is set; false: c->fate says how it ended. */
static bool run_route(sb_connection *c)
{
    const sb_route *route = c->route;

    if (!sb_strike(c, SANDBOX_BEFORE_BODY)) {
        return false;
    }
    if (!check_token(c) || !take_id(c) || !route->check(c)) {
        return true;
    }
    if (!route->body(c)) {
        return c->fate == SB_GO_ON;
    }
    if (!sb_strike(c, SANDBOX_AFTER_BODY)) {
        return false;
    }
    return !route->act(c) || sb_strike(c, SANDBOX_AFTER_STORE);
}

void sb_serve(sb_connection *c)
{
    c->route = find_route(c);
    count_request(c);
    if (run_route(c)) {
        sb_send_reply(c);
    }
    if (c->upload) {
        sb_upload_reset(c->upload);
    }
}
