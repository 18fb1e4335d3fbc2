#include "registry/lazy.h"

static int64_t interval(const se__lazy *lazy)
{
    int64_t ms = lazy->min_ms;

    for (unsigned i = 2; i < lazy->unchanged && ms < lazy->max_ms; i++) {
        ms = ms > lazy->max_ms / 2 ? lazy->max_ms : ms * 2;
    }
    return ms;
}

int64_t se__lazy_due(const se__lazy *lazy)
{
    if (!lazy->fetched) {
        return 0;
    }
    return lazy->ended_ms + interval(lazy);
}

void se__lazy_ended(se__lazy *lazy, int64_t now, se__fetched what)
{
    lazy->fetched = true;
    lazy->ended_ms = now;
    if (what == SE__FETCH_CHANGED) {
        lazy->unchanged = 0;
    } else if (what == SE__FETCH_UNCHANGED && lazy->unchanged < UINT32_MAX) {
        lazy->unchanged++;
    }
}

void se__lazy_changed(se__lazy *lazy)
{
    lazy->unchanged = 0;
}
