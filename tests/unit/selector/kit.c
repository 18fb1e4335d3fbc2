#include "kit.h"

#include <check.h>
#include <string.h>

#include "base/text.h"
#include "fleet.h"

void kit_open(kit *k, const char *line)
{
    ck_assert_int_eq(se_registry_open(&k->registry, NULL, NULL), SE_OK);
    ck_assert_int_eq(se_selector_open(k->registry, NULL, &k->selector, NULL),
                     SE_OK);
    if (line) {
        kit_put(k, fleet(line));
    }
}

void kit_reopen(kit *k, const se_selector_options *options)
{
    se_error err = SE_ERROR_INIT;

    se_selector_close(k->selector);
    ck_assert_msg(se_selector_open(k->registry, options, &k->selector, &err) ==
                      SE_OK,
                  "%s", err.message);
}

void kit_close(kit *k)
{
    se_selector_close(k->selector);
    se_registry_close(k->registry);
}

void kit_put(kit *k, se_topology *list)
{
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_registry_reload_endpoints(k->registry, list, NULL, &err) ==
                      SE_OK,
                  "%s", err.message);
    se_topology_unref(list);
}

se__endpoint *kit_endpoint(kit *k, const char *id)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(k->registry, &slot);
    se__endpoint *endpoint = NULL;

    ck_assert_ptr_nonnull(snapshot);
    for (size_t i = 0; i < snapshot->topology->count; i++) {
        if (strcmp(snapshot->endpoints[i]->id, id) == 0) {
            endpoint = snapshot->endpoints[i];
        }
    }
    se__registry_leave(k->registry, slot);
    ck_assert_msg(endpoint != NULL, "no %s", id);
    return endpoint;
}

void kit_room(kit *k, const char *id, int64_t available)
{
    se__endpoint *endpoint = kit_endpoint(k, id);
    se__figure figure = {.total = available < 0 ? -1 : INT64_MAX,
                         .used = available < 0 ? -1 : 0,
                         .available = available,
                         .health = SE_HEALTH_HEALTHY,
                         .origin = SE_ORIGIN_POLL,
                         .began_ms = NOW,
                         .landed_mark = se__endpoint_mark(endpoint)};

    se__endpoint_measured(endpoint, &figure);
}

void kit_down(kit *k, const char *id, int64_t now)
{
    for (int i = 0; i < 3; i++) {
        se__endpoint_unanswered(kit_endpoint(k, id), now);
    }
}

void kit_eject(kit *k, const char *id, int64_t now)
{
    for (int i = 0; i < 5; i++) {
        se__endpoint_fault(kit_endpoint(k, id), now, 0);
    }
}

se__query kit_query(int64_t bytes)
{
    return (se__query){.bytes = bytes, .now_ms = NOW};
}

const char *kit_choose(kit *k, const se__query *query)
{
    static _Thread_local char id[SE_MESSAGE_SIZE];
    se__choice choice;
    se_error err = SE_ERROR_INIT;

    if (se__selector_choose(k->selector, query, &choice, NULL, NULL, &err) ==
        SE_OK) {
        se__copy_text(id, sizeof(id), choice.endpoint->id);
        se__choice_release(&choice, SE_REJECTED);
    } else {
        se__copy_text(id, sizeof(id), err.message);
    }
    return id;
}

se_err kit_error(kit *k, const se__query *query, char *message, size_t size,
                 int64_t *wait_until_ms)
{
    se__choice choice = {.endpoint = NULL};
    se_error err = SE_ERROR_INIT;
    se_err rc = se__selector_choose(k->selector, query, &choice, NULL,
                                    wait_until_ms, &err);

    ck_assert_int_eq(err.code, rc);
    ck_assert_ptr_null(choice.endpoint);
    se__copy_text(message, size, err.message);
    return rc;
}
