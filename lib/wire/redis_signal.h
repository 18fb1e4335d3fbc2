/*
 * Holding off SIGPIPE on this thread: hiredis writes without MSG_NOSIGNAL.
 */
#ifndef SE_WIRE_REDIS_SIGNAL_H
#define SE_WIRE_REDIS_SIGNAL_H

#include <signal.h>
#include <stdbool.h>

typedef struct se__sigpipe {
    bool was_pending; /* somebody else's: not ours to take */
    bool was_blocked;
} se__sigpipe;

void se__sigpipe_hold(se__sigpipe *held);
/* Takes the one that we caused, if any, and restores. */
void se__sigpipe_release(const se__sigpipe *held);

#endif
