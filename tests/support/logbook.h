/*
 * A log function that keeps what it is told, one line an event:
 * "INFO registry: SE added | se_id=a priority=1 added=[x,y]".
 */
#ifndef TESTS_LOGBOOK_H
#define TESTS_LOGBOOK_H

#include <stdbool.h>

#include <artstore/log.h>

#include "base/thread.h"

#define LOGBOOK_LINES 256
#define LOGBOOK_WIDTH 1024

typedef struct logbook {
    se__mutex lock;
    int count; /* events, also those beyond LOGBOOK_LINES */
    char lines[LOGBOOK_LINES][LOGBOOK_WIDTH];
} logbook;

void logbook_init(logbook *book);
void logbook_fini(logbook *book);
void logbook_clear(logbook *book);
void logbook_write(void *user, const se_log_event *event); /* se_log_fn */

/* Events whose line contains the text; all with "". */
int logbook_count(logbook *book, const char *text);

#endif
