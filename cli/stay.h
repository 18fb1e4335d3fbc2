/*
 * What commands that stay share: until a signal, the deadline, or a standard
 * output that nobody reads any more.
 */
#ifndef CLI_STAY_H
#define CLI_STAY_H

#include "cli.h"

/* Called twice a second, and with `asked` when SIGUSR1 asks for the state. */
typedef void (*stay_fn)(void *user, bool asked);

/* Exit code; `signals` is that of signals_open(). */
int stay(const cli_options *options, int signals, stay_fn look, void *user);

/* Now, as results tell it: 2026-01-01T00:00:00.000001Z */
#define STAY_TIME_SIZE 32
void stay_time(char out[STAY_TIME_SIZE]);

#endif
