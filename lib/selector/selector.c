/*
 * The public face: handles around a choice.
 */
#include "selector/selector.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* A choice without the space that its URL does not need. */
struct se_pick {
    se__endpoint *endpoint; /* reference */
    int64_t reserved;
    char url[];
};

/* ---- life ---- */

static se_err check_options(const se_selector_options *options, se_error *err)
{
    if (options->headroom_bytes < 0) {
        return se__fail(err, SE_E_INVALID, "headroom is below zero");
    }
    if (options->stale_after_ms < 0) {
        return se__fail(err, SE_E_INVALID,
                        "the age at which a capacity is stale is below zero");
    }
    if (!options->choose && !se__policy_of(options->policy)) {
        return se__fail(err, SE_E_INVALID, "there is no policy %d",
                        (int)options->policy);
    }
    return SE_OK;
}

static void set_up(se_selector *selector, se_registry *registry,
                   const se_selector_options *options)
{
    atomic_init(&selector->refs, 1);
    selector->registry = se__registry_ref(registry);
    selector->metrics = se_metrics_ref(options->metrics);
    selector->policy =
        options->choose ? &se__policy_own : se__policy_of(options->policy);
    selector->choose = options->choose;
    selector->choose_user = options->choose_user;
    selector->headroom_bytes = options->headroom_bytes;
    selector->stale_after_ms = options->stale_after_ms;
    se__selector_count_begin(selector);
}

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
    if (rc == SE_OK) {
        rc = check_options(&known, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    selector = se__zalloc(sizeof(*selector));
    if (!selector) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a selector");
    }
    set_up(selector, registry, &known);
    *out = selector;
    return SE_OK;
}

se_selector *se__selector_ref(se_selector *selector)
{
    atomic_fetch_add(&selector->refs, 1);
    return selector;
}

void se__selector_unref(se_selector *selector)
{
    if (selector && atomic_fetch_sub(&selector->refs, 1) == 1) {
        se__selector_count_end(selector);
        se__registry_unref(selector->registry);
        se_metrics_unref(selector->metrics);
        free(selector);
    }
}

void se_selector_close(se_selector *selector)
{
    se__selector_unref(selector);
}

/* ---- what is wanted ---- */

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

void se__selector_limit(const se_selector *selector, se__query *query)
{
    query->headroom_bytes = selector->headroom_bytes;
    query->stale_after_ms = selector->stale_after_ms;
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
        se__selector_limit(selector, query);
        query->now_ms = se__now_ms();
    }
    return rc;
}

/* ---- picks ---- */

static se_pick *keep(const se__choice *choice)
{
    size_t length = strlen(choice->url);
    se_pick *pick = malloc(sizeof(*pick) + length + 1);

    if (pick) {
        pick->endpoint = choice->endpoint;
        pick->reserved = choice->reserved;
        memcpy(pick->url, choice->url, length + 1);
    }
    return pick;
}

se_err se_selector_pick(se_selector *selector, const se_want *want,
                        se_pick **out, se_error *err)
{
    se__query query;
    se__choice choice;
    se_pick *pick;
    se_err rc = se__selector_query(selector, want, &query, err);

    if (rc == SE_OK) {
        rc = se__selector_choose(selector, &query, &choice, NULL, NULL, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    pick = keep(&choice);
    if (!pick) {
        se__choice_release(&choice, SE_REJECTED);
        return se__fail(err, SE_E_NOMEM, "out of memory for a pick");
    }
    *out = pick;
    return SE_OK;
}

const char *se_pick_id(const se_pick *pick)
{
    return pick->endpoint->id;
}

const char *se_pick_url(const se_pick *pick)
{
    return pick->url;
}

void se_selector_release(se_selector *selector, se_pick *pick,
                         se_outcome outcome)
{
    (void)selector;
    if (pick) {
        se__endpoint_release(pick->endpoint, pick->reserved,
                             outcome != SE_REJECTED);
        se__endpoint_unref(pick->endpoint);
        free(pick);
    }
}
