/*
 * The decision for a file and, for every element, the reason.
 */
#include "selector/selector.h"

#include "base/error.h"
#include "base/mem.h"

struct se_explanation {
    se_topology *topology; /* reference */
    se_reason *reasons;    /* of its elements */
    int chosen;
    se_err code;
};

void se_explanation_free(se_explanation *explanation)
{
    if (explanation) {
        se_topology_unref(explanation->topology);
        free(explanation->reasons);
        free(explanation);
    }
}

static void decide(se_explanation *explanation, const se_selector *selector,
                   se__ballot *ballot, se__query *query)
{
    const se__snapshot *snapshot = ballot->snapshot;
    uint64_t seen;

    se__selector_relax(snapshot, query);
    for (size_t i = 0; i < snapshot->topology->count; i++) {
        se_reason reason = se__selector_judge(&snapshot->topology->elements[i],
                                              snapshot->endpoints[i], query);

        explanation->reasons[i] = reason;
        if (reason == SE_REASON_NONE) {
            se__ballot_add(ballot, i);
        }
    }
    if (ballot->count > 0) {
        explanation->chosen = (int)se__ballot_index(
            ballot,
            selector->policy->choose(selector, ballot, query->bytes, &seen));
    } else {
        explanation->chosen = -1;
        explanation->code =
            se__selector_refusal(snapshot, query, NULL, NULL, NULL);
    }
}

static se_err explain(const se_selector *selector, const se__snapshot *snapshot,
                      se__query *query, se_explanation **out, se_error *err)
{
    size_t count = snapshot->topology->count;
    se_explanation *explanation = se__zalloc(sizeof(*explanation));
    se__ballot ballot;

    if (explanation) {
        explanation->reasons = se__zalloc_array(count, sizeof(se_reason));
    }
    if (!explanation || !explanation->reasons ||
        !se__ballot_init(&ballot, snapshot)) {
        se_explanation_free(explanation);
        return se__fail(err, SE_E_NOMEM, "out of memory for an explanation");
    }
    explanation->topology = se_topology_ref(snapshot->topology);
    decide(explanation, selector, &ballot, query);
    se__ballot_fini(&ballot);
    *out = explanation;
    return SE_OK;
}

se_err se_selector_explain(se_selector *selector, const se_want *want,
                           se_explanation **out, se_error *err)
{
    const se__snapshot *snapshot;
    se__query query;
    int slot;
    se_err rc = se__selector_query(selector, want, &query, err);

    if (rc != SE_OK) {
        return rc;
    }
    snapshot = se__registry_enter(selector->registry, &slot);
    if (!snapshot) {
        return se__fail(err, SE_E_DISCOVERY,
                        "no list of storage elements is known yet");
    }
    rc = explain(selector, snapshot, &query, out, err);
    se__registry_leave(selector->registry, slot);
    return rc;
}

int se_explanation_chosen(const se_explanation *explanation)
{
    return explanation->chosen;
}

se_err se_explanation_error(const se_explanation *explanation)
{
    return explanation->code;
}

size_t se_explanation_count(const se_explanation *explanation)
{
    return explanation->topology->count;
}

bool se_explanation_at(const se_explanation *explanation, size_t index,
                       const se_element **element, se_reason *reason)
{
    if (index >= explanation->topology->count) {
        return false;
    }
    if (element) {
        *element = &explanation->topology->elements[index];
    }
    if (reason) {
        *reason = explanation->reasons[index];
    }
    return true;
}
