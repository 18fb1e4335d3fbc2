/*
 * The public face: handles around a choice.
 */
#include "selector/selector.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

struct se_selector {
    se_registry *registry; /* reference */
    int64_t headroom_bytes;
};

struct se_pick {
    se__choice choice;
};

se_err se_selector_open(se_registry *registry,
                        const se_selector_options *options, se_selector **out,
                        se_error *err)
{
    se_selector_options known = SE_SELECTOR_OPTIONS_INIT;
    se_selector *selector;
    se_err rc = SE_OK;

    if (!registry) {
        return se__fail(err, SE_E_INVALID, "a selector needs a registry");
    }
    if (options) {
        rc = se__struct_copy(&known, sizeof(known), options,
                             "se_selector_options", err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    if (known.headroom_bytes < 0) {
        return se__fail(err, SE_E_INVALID, "headroom is below zero");
    }
    selector = se__zalloc(sizeof(*selector));
    if (!selector) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a selector");
    }
    selector->registry = se__registry_ref(registry);
    selector->headroom_bytes = known.headroom_bytes;
    *out = selector;
    return SE_OK;
}

void se_selector_close(se_selector *selector)
{
    if (selector) {
        se__registry_unref(selector->registry);
        free(selector);
    }
}

int64_t se__selector_headroom(const se_selector *selector)
{
    return selector->headroom_bytes;
}

se_registry *se__selector_registry(const se_selector *selector)
{
    return selector->registry;
}

static se_err check_want(const se_want *want, se_error *err)
{
    if (want->retention != SE_TEMPORARY && want->retention != SE_PERMANENT) {
        return se__fail(err, SE_E_INVALID,
                        "retention is neither temporary nor permanent");
    }
    if (want->bytes < -1) {
        return se__fail(err, SE_E_INVALID, "the file's size is below zero");
    }
    if (want->n_exclude > 0 && !want->exclude) {
        return se__fail(err, SE_E_INVALID, "the ids to exclude are missing");
    }
    for (size_t i = 0; i < want->n_exclude; i++) {
        if (!want->exclude[i]) {
            return se__fail(err, SE_E_INVALID, "an id to exclude is NULL");
        }
    }
    return SE_OK;
}

se_err se__selector_query(const se_selector *selector, const se_want *want,
                          se__query *query, se_error *err)
{
    se_want known;
    se_err rc = se__struct_copy(&known, sizeof(known), want, "se_want", err);

    if (rc == SE_OK) {
        rc = check_want(&known, err);
    }
    if (rc == SE_OK) {
        memset(query, 0, sizeof(*query));
        query->retention = known.retention;
        query->bytes = known.bytes;
        query->exclude = known.exclude;
        query->n_exclude = known.n_exclude;
        query->headroom_bytes = selector->headroom_bytes;
        query->now_ms = se__now_ms();
    }
    return rc;
}

se_err se_selector_pick(se_selector *selector, const se_want *want,
                        se_pick **out, se_error *err)
{
    se__query query;
    se_pick *pick;
    se_err rc = se__selector_query(selector, want, &query, err);

    if (rc != SE_OK) {
        return rc;
    }
    pick = malloc(sizeof(*pick));
    if (!pick) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a pick");
    }
    rc = se__selector_choose(selector->registry, &query, &pick->choice, NULL,
                             NULL, err);
    if (rc != SE_OK) {
        free(pick);
        return rc;
    }
    *out = pick;
    return SE_OK;
}

const char *se_pick_id(const se_pick *pick)
{
    return pick->choice.endpoint->id;
}

const char *se_pick_url(const se_pick *pick)
{
    return pick->choice.url;
}

void se_selector_release(se_selector *selector, se_pick *pick,
                         se_outcome outcome)
{
    (void)selector;
    if (pick) {
        se__choice_release(&pick->choice, outcome);
        free(pick);
    }
}
