#include "stay.h"

#include <signal.h>
#include <time.h>

#include "signals.h"

#define LOOK_EVERY_MS 500

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int stay(const cli_options *options, int signals, stay_fn look, void *user)
{
    int64_t until = options->deadline_ms ? now_ms() + options->deadline_ms : 0;

    for (;;) {
        int64_t left = until ? until - now_ms() : LOOK_EVERY_MS;
        int signal;

        if (left <= 0) {
            return se_err_exit_code(SE_E_DEADLINE);
        }
        signal = signals_wait(signals,
                              left < LOOK_EVERY_MS ? (int)left : LOOK_EVERY_MS);
        if (signal == SIGINT || signal == SIGTERM) {
            return 128 + signal;
        }
        look(user, signal == SIGUSR1);
        if (ferror(stdout)) {
            return CLI_FAILED;
        }
    }
}

void stay_time(char out[STAY_TIME_SIZE])
{
    struct timespec now;
    struct tm utc;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    out[0] = '\0';
    if (gmtime_r(&now.tv_sec, &utc)) {
        n = strftime(out, STAY_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
        snprintf(out + n, STAY_TIME_SIZE - n, ".%06dZ",
                 (int)(now.tv_nsec / 1000));
    }
}
