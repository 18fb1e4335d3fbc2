/*
 * What the end of an attempt means: the table of semantics 5, as one array.
 *
 * Pure: facts in, row out. The job (job.c) acts on the row's fields.
 */
#ifndef SE_UPLOADER_VERDICT_H
#define SE_UPLOADER_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include <artstore/error.h>
#include <artstore/registry.h>
#include <artstore/selector.h>

#include "wire/http.h"

/* What is known when an attempt has ended. */
typedef struct se__facts {
    se__http_end end;
    int status;          /* final status, 0: none */
    bool body_left;      /* our read callback was called */
    bool reply_usable;   /* 2xx that parses, with our file_id */
    bool checksum_equal; /* 2xx whose checksum is there and is ours */
    bool checksum_present;
    const char *detail;          /* reason in the answer, "" if none */
    const char *code;            /* error.code in the answer, "" if none */
    const char *server;          /* Server header */
    const char *stale_mode_text; /* matcher for "not allowed in" */
} se__facts;

/* May the same element be tried again? */
typedef enum se__again {
    SE__AGAIN_NO,
    SE__AGAIN_FRESH_TOKEN, /* once, with a fresh token */
    SE__AGAIN_NO_EXPECT,   /* once, with an empty Expect */
    SE__AGAIN_LAST_RESORT  /* only if no other is left, after Retry-After */
} se__again;

/* What comes before anything else. */
typedef enum se__step {
    SE__STEP_NONE,
    SE__STEP_ASK_ID,       /* GET the file_id on that element */
    SE__STEP_ASK_CAPACITY, /* then classify again: full or not */
    SE__STEP_DELETE        /* wrong content: delete it there */
} se__step;

typedef enum se__other {
    SE__OTHER_NO,
    SE__OTHER_AT_ONCE,
    SE__OTHER_YES /* after the step, with backoff */
} se__other;

typedef struct se__verdict {
    const char *name; /* of the row, for tests and logs: "refused" */
    se_outcome outcome;
    se_err code; /* of the upload if it ends here */
    se__step step;
    se__again again;
    se__other other;
    int reload;          /* se_reload_reason, -1: none */
    bool marks_full;     /* 507: avoid it for files of this size */
    bool sets_aside;     /* until Retry-After */
    bool slows_down;     /* lowers concurrency */
    bool counts_fault;   /* towards ejection */
    bool reload_if_full; /* reload only if the capacity poll says full */
    bool exists;         /* the id is taken: other content refuses for good */
    const char *text;    /* for the message: what it means */
} se__verdict;

/* The row for these facts; never NULL. STORED is a row as well. */
const se__verdict *se__verdict_for(const se__facts *facts);
/* Row by row, in order; NULL past the end. */
const se__verdict *se__verdict_row(size_t index);

#endif
