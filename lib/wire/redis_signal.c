#include "wire/redis_signal.h"

#include <errno.h>
#include <time.h>

static void only_sigpipe(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

void se__sigpipe_hold(se__sigpipe *held)
{
    sigset_t set;
    sigset_t before;
    sigset_t pending;

    only_sigpipe(&set);
    sigemptyset(&pending);
    sigpending(&pending);
    held->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &set, &before);
    held->was_blocked = sigismember(&before, SIGPIPE) == 1;
}

void se__sigpipe_release(const se__sigpipe *held)
{
    const struct timespec at_once = {0, 0};
    sigset_t set;

    only_sigpipe(&set);
    if (!held->was_pending) {
        while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR) {
            /* again */
        }
    }
    if (!held->was_blocked) {
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    }
}
