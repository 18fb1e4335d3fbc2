#include "plain.h"

#include <stdlib.h>

#include <artstore/topology.h>

#include "base/mem.h"

static bool plain_fits(const plain_state *s, int64_t bytes)
{
    return s->available < 0 ||
           (s->available >= bytes &&
            s->available - (s->landed_total - s->landed_base) - s->reserved >=
                bytes);
}

static bool plain_takes(const plain_element *e, int64_t bytes, int64_t now)
{
    const plain_state *s = e->state;

    return e->available && !(s->health == 3 && now - s->health_ms < 10000) &&
           !s->probation &&
           !(now < s->full_until_ms && bytes >= s->full_bytes) &&
           !(s->total >= 0 && s->total - s->used <= s->total / 50) &&
           now >= s->set_aside_until_ms && now >= s->ejected_until_ms;
}

plain_element *plain_scan(plain_element *all, size_t n, int64_t bytes,
                          int64_t now)
{
    for (size_t i = 0; i < n; i++) {
        if (all[i].mode == SE_MODE_EDIT && plain_fits(all[i].state, bytes) &&
            plain_takes(&all[i], bytes, now)) {
            all[i].state->reserved += bytes;
            all[i].state->in_flight++;
            return &all[i];
        }
    }
    return NULL;
}

plain_element *plain_fleet(size_t n, size_t with_room, int64_t room)
{
    plain_element *all = se__zalloc_array(n, sizeof(*all));

    for (size_t i = 0; all && i < n; i++) {
        plain_state *s = se__zalloc(sizeof(*s));

        if (!s) {
            plain_free(all, i);
            return NULL;
        }
        s->total = 2 * room;
        s->available = i == with_room ? room : 0;
        all[i] = (plain_element){"id", "url", SE_MODE_EDIT, 1, true, s};
    }
    return all;
}

void plain_free(plain_element *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(all[i].state);
    }
    free(all);
}
