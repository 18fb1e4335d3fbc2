/*
 * The Admin Module (wire-contract 2): tokens, and the list of the elements.
 */
#include <string.h>

#include <cjson/cJSON.h>

#include "connection.h"
#include "fleet.h"

#define MAX_BODY ((size_t)64 * 1024)
#define ELEMENT_PATH "/api/v1/internal/storage-elements/"

/* ---- POST /api/v1/auth/token ---- */

bool sb_token_body(sb_connection *c)
{
    char bytes[4096];
    ssize_t n;

    sb_text_reset(&c->received);
    while ((n = sb_read_body(c, bytes, sizeof(bytes))) > 0) {
        if (c->received.length < MAX_BODY) {
            sb_text_add(&c->received, bytes, (size_t)n);
        }
    }
    return n == 0;
}

static const char *string_in(const cJSON *object, const char *name)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text ? text : "";
}

static bool reply_unprocessable(sb_connection *c)
{
    sb_set_reply(c, 422);
    sb_text_put(&c->reply.body,
                "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\","
                "\"client_id\"],\"msg\":\"Field required\"}]}");
    return false;
}

static bool reply_wrong_account(sb_connection *c)
{
    sb_reply_detail(c, 401, "Invalid client_id or client_secret");
    c->reply.headers = "WWW-Authenticate: Bearer error=\"invalid_client\"\r\n"
                       "Cache-Control: no-store\r\nPragma: no-cache\r\n";
    return false;
}

static bool reply_token(sb_connection *c)
{
    const sb_fleet *fleet = c->element->fleet;
    char token[SB_TOKEN_SIZE], time[SB_TIME_SIZE];

    if (!sb_tokens_issue(&c->element->fleet->tokens,
                         (int64_t)fleet->token_ttl_s * 1000, token)) {
        sb_reply_detail(c, 500, "Internal server error");
        return false;
    }
    sb_time_print(sb_now_us(), time);
    sb_set_reply(c, 200);
    sb_text_printf(&c->reply.body,
                   "{\"access_token\":\"%s\",\"refresh_token\":\"refresh-%s\","
                   "\"token_type\":\"Bearer\",\"expires_in\":%d,"
                   "\"issued_at\":\"%s\"}",
                   token, token, fleet->token_ttl_s, time);
    return true;
}

bool sb_token_act(sb_connection *c)
{
    const sb_fleet *fleet = c->element->fleet;
    const char *type = c->request.content_type;
    cJSON *body =
        type && strncmp(type, "application/json", 16) == 0 && c->received.length
            ? cJSON_ParseWithLength(c->received.data, c->received.length)
            : NULL;
    const char *id = string_in(body, "client_id");
    const char *secret = string_in(body, "client_secret");
    bool good;

    if (!*id || !*secret || cJSON_GetArraySize(body) != 2) {
        good = reply_unprocessable(c);
    } else if (!fleet->client_id || strcmp(id, fleet->client_id) != 0 ||
               strcmp(secret, fleet->client_secret) != 0) {
        good = reply_wrong_account(c);
    } else {
        good = reply_token(c);
    }
    cJSON_Delete(body);
    return good;
}

/* ---- GET the elements ---- */

static bool takes_files(const char *mode)
{
    return strcmp(mode, "edit") == 0 || strcmp(mode, "rw") == 0;
}

static const char *capacity_status(const sb_element *element, int64_t used,
                                   const char *mode)
{
    double percent = 100.0 * (double)used / (double)element->size_bytes;

    return percent >= (strcmp(mode, "edit") == 0 ? 99 : 98) ? "full" : "ok";
}

static void print_item(sb_text *out, sb_element *element, const char *mode)
{
    int64_t used;

    sb_element_available(element, &used);
    sb_text_printf(out,
                   "{\"id\":%d,\"element_id\":\"%s\",\"name\":\"Sandbox %s\","
                   "\"mode\":\"%s\",\"priority\":%d,\"api_url\":\"%s\","
                   "\"capacity_bytes\":%lld,\"used_bytes\":%lld,"
                   "\"health_status\":\"healthy\",\"capacity_status\":\"%s\"}",
                   element->number, element->id, element->id, mode,
                   element->priority, element->url,
                   (long long)element->size_bytes, (long long)used,
                   capacity_status(element, used, mode));
}

/* The next in order of priority behind `last`; NULL starts, NULL ends. */
static sb_element *next_by_priority(const sandbox *s, const sb_element *last)
{
    sb_element *best = NULL;

    for (sb_element *at = s->first; at; at = at->next) {
        bool behind =
            !last || at->priority > last->priority ||
            (at->priority == last->priority && at->number > last->number);

        if (behind && (!best || at->priority < best->priority)) {
            best = at;
        }
    }
    return best;
}

bool sb_list_act(sb_connection *c)
{
    const sandbox *s = c->element->fleet->owner;
    int total = 0;

    sb_set_reply(c, 200);
    sb_text_put(&c->reply.body, "{\"storage_elements\":[");
    for (sb_element *at = next_by_priority(s, NULL); at;
         at = next_by_priority(s, at)) {
        char mode[8];

        sb_element_mode(at, mode);
        if (takes_files(mode)) {
            sb_text_put(&c->reply.body, total++ ? "," : "");
            print_item(&c->reply.body, at, mode);
        }
    }
    sb_text_printf(&c->reply.body, "],\"total\":%d}", total);
    return true;
}

bool sb_item_act(sb_connection *c)
{
    const sandbox *s = c->element->fleet->owner;
    sb_element *element =
        sb_fleet_find(s, c->request.path + sizeof(ELEMENT_PATH) - 1);
    char mode[8];

    if (!element || element == s->admin) {
        sb_set_reply(c, 404);
        sb_text_put(&c->reply.body,
                    "{\"detail\":\"Resource not found\",\"path\":");
        sb_text_json(&c->reply.body, c->request.path);
        sb_text_put(&c->reply.body, "}");
        return false;
    }
    sb_element_mode(element, mode);
    sb_set_reply(c, 200);
    print_item(&c->reply.body, element, mode);
    return true;
}
