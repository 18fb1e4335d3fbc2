#include "registry/debounce.h"

#include "base/clock.h"

void se__debounce_init(se__debounce *debounce, int64_t quiet_ms,
                       int64_t most_ms)
{
    *debounce = (se__debounce){
        .quiet_ms = quiet_ms,
        .most_ms = most_ms > quiet_ms ? most_ms : quiet_ms,
        .due_ms = SE__NEVER,
    };
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void se__debounce_message(se__debounce *debounce, int64_t now)
{
    bool burst =
        debounce->heard && now - debounce->last_ms < debounce->quiet_ms;
    int64_t quiet = se__deadline(now, debounce->quiet_ms);

    debounce->heard = true;
    debounce->last_ms = now;
    if (debounce->due_ms == SE__NEVER) {
        debounce->first_ms = now;
        debounce->due_ms = burst ? quiet : now;
    } else if (debounce->due_ms > now) {
        debounce->due_ms =
            earlier(quiet, se__deadline(debounce->first_ms, debounce->most_ms));
    }
}

void se__debounce_hurry(se__debounce *debounce, int64_t now)
{
    debounce->due_ms = earlier(debounce->due_ms, now);
}

void se__debounce_acted(se__debounce *debounce)
{
    debounce->due_ms = SE__NEVER;
}
