/*
 * Nobody takes the file: which error that is, and the reasons in words.
 */
#include "selector/selector.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

/* How many of them there are, by reason; the message of an error. */
static const char *const words[] = {
    [SE_REASON_NONE] = "busy",
    [SE_REASON_MODE] = "of another mode", /* not counted */
    [SE_REASON_OFFLINE] = "offline",
    [SE_REASON_PROBATION] = "on probation",
    [SE_REASON_TRIED] = "tried",
    [SE_REASON_FULL] = "full",
    [SE_REASON_EJECTED] = "set aside",
    [SE_REASON_NO_FIT] = "with too little room",
    [SE_REASON_STALE] = "not heard of lately",
};

typedef struct refusals {
    size_t count[SE__COUNT(words)];
    size_t of_mode;
    size_t lacking_room; /* of the healthy ones */
    size_t otherwise;    /* healthy or tried, and room is not what it lacks */
    int64_t wait_until_ms;
} refusals;

/* Also what answered 507 to this upload lacks room, whatever it says since. */
static bool lacks_room(const se__endpoint *endpoint, const se__query *query)
{
    return se__endpoint_is_full(endpoint, query->bytes, query->now_ms) ||
           !se__endpoint_fits(endpoint, query->bytes, query->headroom_bytes) ||
           se__tried_lacks_room(query->tried, endpoint);
}

static void note_wait(refusals *r, const se__endpoint *endpoint)
{
    int64_t until = atomic_load(&endpoint->set_aside_until_ms);

    if (r->wait_until_ms == 0 || until < r->wait_until_ms) {
        r->wait_until_ms = until;
    }
}

static void count_one(refusals *r, const se_element *element,
                      const se__endpoint *endpoint, const se__query *query)
{
    se_reason reason = se__selector_judge(element, endpoint, query);
    bool lacks;

    if (reason == SE_REASON_MODE) {
        return;
    }
    lacks = lacks_room(endpoint, query);
    r->of_mode++;
    r->count[reason]++;
    if (lacks) {
        r->lacking_room += reason != SE_REASON_OFFLINE;
    } else if (reason != SE_REASON_OFFLINE ||
               se__selector_was_tried(endpoint, query)) {
        r->otherwise++;
    }
    if (reason == SE_REASON_EJECTED && !lacks &&
        se__selector_is_set_aside(endpoint, query)) {
        note_wait(r, endpoint);
    }
}

static refusals count_all(const se__snapshot *snapshot, const se__query *query)
{
    refusals r = {.of_mode = 0};

    for (size_t i = 0; i < snapshot->topology->count; i++) {
        count_one(&r, &snapshot->topology->elements[i], snapshot->endpoints[i],
                  query);
    }
    return r;
}

static void say_reasons(se__buf *buf, const refusals *r, se_mode mode)
{
    const char *separator = ": ";

    if (r->of_mode == 0) {
        se__buf_printf(buf, "the list has no element of mode %s",
                       se_mode_name(mode));
        return;
    }
    se__buf_printf(buf, "%zu element%s of mode %s", r->of_mode,
                   r->of_mode == 1 ? "" : "s", se_mode_name(mode));
    for (size_t i = 0; i < SE__COUNT(words); i++) {
        if (r->count[i] > 0) {
            se__buf_printf(buf, "%s%zu %s", separator, r->count[i], words[i]);
            separator = ", ";
        }
    }
}

static se_err fail(const refusals *r, const se__query *query, se_error *err)
{
    se_err code = r->lacking_room > 0 && r->otherwise == 0 ? SE_E_NO_SPACE
                                                           : SE_E_UNAVAILABLE;
    se__buf buf = SE__BUF_INIT;

    if (code == SE_E_UNAVAILABLE) {
        se__buf_puts(&buf, "no storage element can take the file now: ");
    } else if (query->bytes > 0) {
        se__buf_printf(&buf,
                       "no storage element has room for %" PRId64 " bytes: ",
                       query->bytes);
    } else {
        se__buf_puts(&buf, "no storage element has room: ");
    }
    say_reasons(&buf, r, se__mode_for(query->retention));
    se__fail(err, code, "%s", buf.failed ? se_err_text(code) : buf.data);
    se__buf_fini(&buf);
    return code;
}

se_err se__selector_refusal(const se__snapshot *snapshot,
                            const se__query *query, se_metrics *metrics,
                            int64_t *wait_until_ms, se_error *err)
{
    refusals r = count_all(snapshot, query);

    if (wait_until_ms) {
        *wait_until_ms = r.wait_until_ms;
    }
    for (size_t i = 0; metrics && i < SE__COUNT(words); i++) {
        se__selector_count_refused(metrics, (se_reason)i, r.count[i]);
    }
    return fail(&r, query, err);
}
