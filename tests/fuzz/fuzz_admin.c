/*
 * What an Admin Module answers, read as each kind of answer. Whatever it is,
 * what comes out keeps the promises of reply.h.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admin/reply.h"
#include "admin/token.h"
#include "base/mem.h"
#include "base/text.h"
#include "topology/topology.h"

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void check_grant(const char *body, size_t length)
{
    se__http_call call = {.end = SE__HTTP_OK, .status = 200};
    se__grant grant = {.error_type = "?"};
    se_error err = SE_ERROR_INIT;
    se_err rc;

    must(se__buf_append(&call.reply, body, length));
    rc = se__admin_read_grant("it", &call, &grant, &err);
    se__http_call_fini(&call);
    must((rc == SE_OK) == (grant.text != NULL));
    must((rc == SE_OK) == (grant.error_type[0] == '\0'));
    if (rc != SE_OK) {
        must(err.code == rc && err.message[0] != '\0');
        return;
    }
    must(strlen(grant.text) > 0 && strlen(grant.text) <= SE__GRANT_MAX);
    must(strchr(grant.text, ' ') == NULL);
    must(se__text_is_clean(grant.text, strlen(grant.text)));
    must(grant.life_s > 0 && grant.life_s <= SE__TOKEN_LIFE_MAX_S);
    se__secret_free(grant.text);
}

static void check_figures(const char *body, size_t length)
{
    se__admin_figures found;

    if (se__admin_read_figures(body, length, &found, NULL) != SE_OK) {
        return;
    }
    must(found.total >= -1 && found.used >= -1 && found.available >= -1);
    must(found.total < 0 || found.used <= found.total);
    must(found.available < 0 || found.available == found.total - found.used);
    must(se__text_is_clean(found.mode, strlen(found.mode)));
}

static void check_list(const char *body, size_t length)
{
    se_topology *list = NULL;

    if (se__admin_read_list(body, length, &list, NULL) != SE_OK) {
        must(list == NULL);
        return;
    }
    must(list->partial);
    se_topology_unref(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = malloc(size > 0 ? size : 1); /* not terminated */

    must(body != NULL);
    if (size > 0) {
        memcpy(body, data, size);
    }
    check_grant(body, size);
    check_figures(body, size);
    check_list(body, size);
    free(body);
    return 0;
}
