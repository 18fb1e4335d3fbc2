/*
 * Signals as a descriptor, for commands that end in good order.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/*
 * SIGINT, SIGTERM and SIGUSR1 arrive at a descriptor from now on. To be called
 * before any thread is started, so that all of them inherit it. -1: said why.
 */
int signals_open(void);
/* The signal that waits there; 0: none. Never blocks. */
int signals_take(int fd);
/* Likewise, but waits for one; 0: none came for so long. */
int signals_wait(int fd, int timeout_ms);
/* An interruption that waits there counts before any other exit code. */
int signals_code(int fd, int code);
/*
 * They act as ever again: one that comes while a command ends, ends it at once.
 */
void signals_close(int fd);

#endif
