/*
 * Asking one element for its room: GET /api/v1/capacity.
 */
#ifndef SE_CAPACITY_PROBE_H
#define SE_CAPACITY_PROBE_H

#include <stdbool.h>

#include "topology/endpoint.h"
#include "wire/http.h"

/* One question; embedded, zeroed first, stays until done. */
typedef struct se__probe {
    se__http_call call;
    se__endpoint *endpoint; /* reference held while it runs */
    char *url;
    se__figure figure;
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
