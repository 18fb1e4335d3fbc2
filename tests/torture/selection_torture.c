/*
 * Choosing an element and speaking its protocol while memory runs out: every
 * call says so, gives back what it took, and works the next time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operation.h"

#include "base/mem.h"
#include "element/reply.h"
#include "element/upload_form.h"
#include "fleet.h"
#include "selector/selector.h"

/* Each returns what is wrong, NULL: nothing; `ok` tells if memory sufficed. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

#define ID "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"
#define METADATA "{\"a\":[1,2,{\"b\":\"\xc3\xa9\"}],\"c\":null}"

/* ---- the element's protocol ---- */

static const char *form(bool *ok)
{
    const se__upload_fields fields = {.file_id = ID,
                                      .name = "a.txt",
                                      .description = "d",
                                      .metadata = METADATA,
                                      .ttl_days = 30};
    se__upload_form built = {.before = NULL};
    se_error err = SE_ERROR_INIT;

    *ok = se__upload_check(&fields, &err) == SE_OK;
    if (*ok) {
        *ok = se__upload_form_build(&fields, &built, &err) == SE_OK;
    }
    if (!*ok) {
        MUST(!built.before && err.code == SE_E_NOMEM);
        return NULL;
    }
    MUST(strstr(built.before, "{\"a\": [1, 2, {\"b\": \"\\u00e9\"}]"));
    se__upload_form_fini(&built);
    return NULL;
}

static const char *name(bool *ok)
{
    char *made = se__upload_name("dir/a\r\nb.txt");

    *ok = made != NULL;
    MUST(!made || strcmp(made, "ab.txt") == 0);
    free(made);
    return NULL;
}

static const char *urls(bool *ok)
{
    char *made[] = {se__element_upload_url("http://a"),
                    se__element_capacity_url("http://a"),
                    se__element_file_url("http://a", ID),
                    se__element_gc_url("http://a", ID)};

    *ok = true;
    for (size_t i = 0; i < SE__COUNT(made); i++) {
        *ok = *ok && made[i];
        free(made[i]);
    }
    return NULL;
}

static const char *replies(bool *ok)
{
    static const char stored[] = "{\"file_id\":\"" ID "\",\"size\":1}";
    static const char room[] = "{\"capacity\":{\"total\":1}}";
    se__stored stored_out;
    se__capacity_reply room_out;
    se_error err = SE_ERROR_INIT;

    *ok =
        se__reply_stored(stored, strlen(stored), &stored_out, &err) == SE_OK &&
        se__reply_capacity(room, strlen(room), &room_out, &err) == SE_OK;
    MUST(*ok || err.code == SE_E_NOMEM);
    return NULL;
}

/* Words may be missing then, but never wrong. */
static const char *words(bool *ok)
{
    static const char json[] = "{\"detail\":\"d\",\"error\":{\"code\":\"C\"}}";
    static const char page[] = "<title>t</title>";
    char out[16];

    se__reply_detail(json, strlen(json), out, sizeof(out));
    MUST(strcmp(out, "d") == 0 || strcmp(out, "") == 0);
    se__reply_code(json, strlen(json), out, sizeof(out));
    MUST(strcmp(out, "C") == 0 || strcmp(out, "") == 0);
    se__reply_detail(page, strlen(page), out, sizeof(out));
    MUST(strcmp(out, "t") == 0 || strcmp(out, "") == 0);
    *ok = true;
    return NULL;
}

/* ---- endpoints ---- */

static const char *endpoints(bool *ok)
{
    se__endpoint_table *table = se__endpoint_table_new();
    se__endpoint *all[66] = {NULL}; /* more than buckets */

    *ok = table != NULL;
    for (size_t i = 0; *ok && i < SE__COUNT(all); i++) {
        char id[16];

        snprintf(id, sizeof(id), "se-%zu", i);
        all[i] = se__endpoint_get(table, id);
        *ok = all[i] != NULL;
    }
    for (size_t i = 0; i < SE__COUNT(all); i++) {
        MUST(!all[i] || se__endpoint_reserve(all[i], 1, 0));
        se__endpoint_unref(all[i]);
    }
    se__endpoint_table_unref(table);
    return NULL;
}

/* ---- selection ---- */

static se_registry *registry;

static const char *explain(se_selector *selector, const se_want *want, bool *ok)
{
    se_explanation *explanation = NULL;
    se_error err = SE_ERROR_INIT;

    *ok = se_selector_explain(selector, want, &explanation, &err) == SE_OK;
    if (!*ok) {
        MUST(!explanation && err.code == SE_E_NOMEM);
        return NULL;
    }
    MUST(se_explanation_chosen(explanation) == (want->bytes < 100 ? 0 : -1));
    se_explanation_free(explanation);
    return NULL;
}

static const char *pick(se_selector *selector, const se_want *want, bool *ok)
{
    se_pick *made = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc = se_selector_pick(selector, want, &made, &err);

    *ok = rc != SE_E_NOMEM;
    MUST(rc == err.code || (rc == SE_OK && made));
    if (rc == SE_E_NO_SPACE) {
        MUST(!made && err.message[0]);
    }
    se_selector_release(selector, made, SE_REJECTED);
    return NULL;
}

static const char *select_with(const se_selector_options *options, bool *ok)
{
    static const int64_t sizes[] = {10, 1000};
    se_selector *selector = NULL;
    se_error err = SE_ERROR_INIT;
    const char *wrong = NULL;

    *ok = se_selector_open(registry, options, &selector, &err) == SE_OK;
    if (!*ok) {
        MUST(!selector && err.code == SE_E_NOMEM);
        return NULL;
    }
    for (size_t i = 0; *ok && !wrong && i < SE__COUNT(sizes); i++) {
        se_want want = SE_WANT_INIT;

        want.bytes = sizes[i];
        wrong = explain(selector, &want, ok);
        if (*ok && !wrong) {
            wrong = pick(selector, &want, ok);
        }
    }
    se_selector_close(selector);
    return wrong;
}

static const char *select_first(bool *ok)
{
    return select_with(NULL, ok);
}

/* Among so many that it needs memory. */
static const char *select_best(bool *ok)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;

    options.policy = SE_POLICY_MOST_FREE;
    return select_with(&options, ok);
}

/* ---- all of them ---- */

static const operation operations[] = {
    {"form", form},
    {"name", name},
    {"urls", urls},
    {"replies", replies},
    {"words", words},
    {"endpoints", endpoints},
    {"select first", select_first},
    {"select best", select_best},
};

/* One that takes files of ours, and many that do not. */
static se_topology *large_list(void)
{
    char line[SE__BALLOT_FEW * 32 + 64] = "a edit 1 http://a cap=1000/900";
    size_t at = strlen(line);

    for (int i = 0; i < SE__BALLOT_FEW; i++) {
        at += (size_t)snprintf(line + at, sizeof(line) - at,
                               "; b%d rw 1 http://b/%d", i, i);
    }
    return fleet(line);
}

int main(void)
{
    se_topology *list = large_list();
    bool good =
        se_registry_open(&registry, NULL, NULL) == SE_OK &&
        se_registry_reload_endpoints(registry, list, NULL, NULL) == SE_OK;

    se_topology_unref(list);
    for (size_t i = 0; good && i < SE__COUNT(operations); i++) {
        good = operation_survives(&operations[i]);
    }
    se_registry_close(registry);
    return !good;
}
