/*
 * When does a message lead to a fetch? A policy: it is told the time.
 *
 * The first message acts at once. One that follows a message within quiet_ms
 * belongs to a burst: it acts quiet_ms later, and so does what comes until
 * then, but no message waits longer than most_ms.
 */
#ifndef SE_REGISTRY_DEBOUNCE_H
#define SE_REGISTRY_DEBOUNCE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct se__debounce {
    int64_t quiet_ms;
    int64_t most_ms;
    int64_t due_ms;   /* when to act; SE__NEVER: nothing waits */
    int64_t first_ms; /* of the messages that wait */
    int64_t last_ms;
    bool heard; /* a message, ever */
} se__debounce;

void se__debounce_init(se__debounce *debounce, int64_t quiet_ms,
                       int64_t most_ms);
void se__debounce_message(se__debounce *debounce, int64_t now);
/* Not a message: act at once. */
void se__debounce_hurry(se__debounce *debounce, int64_t now);
/* What waited is being acted on. */
void se__debounce_acted(se__debounce *debounce);

#endif
