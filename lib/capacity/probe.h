/*
 * Asking one element for its room: GET /api/v1/capacity, and where that is a
 * 404 GET /api/v1/info, which is remembered.
 *
 * What it answers is left in its endpoint, and whoever listens to the
 * endpoint's table is told of every figure.
 */
#ifndef SE_CAPACITY_PROBE_H
#define SE_CAPACITY_PROBE_H

#include <stdbool.h>

#include "element/reply.h"
#include "topology/endpoint.h"
#include "wire/http.h"

#define SE__PROBLEM_SIZE 256

/* One question; embedded, zeroed first, stays until done. */
typedef struct se__probe {
    se__http_call call;
    se__endpoint *endpoint; /* reference held while it runs */
    se__http *http;
    char *url;
    size_t base_length; /* of the URL: what the element's own is */
    bool asks_info;
    int64_t deadline_ms;
    bool scheduled; /* for who asks: not because of an upload */

    /* what came of it, valid in done */
    bool understood; /* figure and reply are those of an answer */
    se__figure figure;
    se__capacity_reply reply;
    char problem[SE__PROBLEM_SIZE]; /* why it is not understood, else "" */

    /*
     * Loop thread. answered: some HTTP answer came (also one that was not
     * understood: room is then as unknown as before). The endpoint's figure
     * and health are already updated.
     */
    void (*done)(struct se__probe *probe, bool answered);
} se__probe;

/* Loop thread. Never calls done before it returns. */
void se__probe_start(se__probe *probe, se__http *http, se__endpoint *endpoint,
                     const char *base_url, int timeout_ms);
void se__probe_cancel(se__probe *probe); /* done is called before it returns */

#endif
