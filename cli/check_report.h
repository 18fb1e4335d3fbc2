/*
 * One thing that was tried, and how it is.
 */
#ifndef CLI_CHECK_REPORT_H
#define CLI_CHECK_REPORT_H

#include "cli.h"

typedef struct check_item {
    const char *item;
    bool ok;
    const char *message;
    const char *advice; /* what to do about it; NULL: nothing */
} check_item;

/* A line on stdout; what is fine is not said to people under --quiet. */
void check_report(const cli_options *options, const check_item *check);

#endif
