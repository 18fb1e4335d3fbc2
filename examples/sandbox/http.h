/*
 * The head of an HTTP/1.1 request, parsed in place.
 */
#ifndef SANDBOX_HTTP_H
#define SANDBOX_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strings are views of the head, NULL if absent. */
typedef struct sb_request {
    const char *method;
    const char *path; /* without the query */
    const char *authorization;
    const char *content_type;
    int64_t content_length; /* 0 if absent */
    bool chunked;
    bool keep_alive;
    bool expects_100;
} sb_request;

/*
 * Parse `head`, whose `length` bytes end with an empty line; it is changed.
 * 0, or the status to refuse it with (400, 417, 501, 505), after which the
 * connection cannot go on.
 */
int sb_request_parse(sb_request *request, char *head, size_t length);

/* "Created" for 201; "Unknown" for what has no name. */
const char *sb_status_text(int status);

#endif
