/*
 * A sandbox fleet with the library opened over it, for tests.
 *
 * Three elements unless said otherwise: se-01 and se-02 of mode edit
 * (priorities 100 and 200), se-03 of mode rw.
 */
#ifndef TEST_SANDBOX_FLEET_H
#define TEST_SANDBOX_FLEET_H

#include <artstore/ingest.h>

#include "sandbox.h"

typedef struct fleet {
    char dir[64];
    char document[96]; /* path of the fleet document */
    char source[104];  /* file:document */
    sandbox *sandbox;
    se_ingest *ingest;
    char *data; /* fleet_data() */
    size_t length;
} fleet;

/* Timeouts and intervals that do not keep a test waiting. */
extern const se_uploader_options fleet_fast;

void fleet_start(fleet *f, const sandbox_element *elements, size_t n);
/* With more options; the folder is ours. */
void fleet_start_with(fleet *f, sandbox_options options);
/* Elements with modes and sizes in order: se-01, se-02 ... */
void fleet_start_standard(fleet *f);
/* These, and an Admin Module with the account FLEET_ID, FLEET_SECRET. */
#define FLEET_ID "sa_test"
#define FLEET_SECRET "s3cret-of-the-account"
void fleet_start_admin(fleet *f, bool require_token);
/* NULL: fleet_fast. */
void fleet_open(fleet *f, const se_uploader_options *options);
void fleet_stop(fleet *f); /* closes both and removes the files */

/* Bytes that no other length shares; kept until fleet_stop(). */
const char *fleet_data(fleet *f, size_t length);
/* The same in a file below dir; its path is static until the next call. */
const char *fleet_file(fleet *f, const char *name, size_t length);
/* Upload of fleet_data() as temporary. */
se_err fleet_upload(fleet *f, size_t length, se_result **result, se_error *err);
sandbox_counts fleet_counts(fleet *f, const char *id);
void fleet_fault(fleet *f, const char *id, sandbox_route route,
                 sandbox_when when, sandbox_action action);
void fleet_status(fleet *f, const char *id, sandbox_when when, int status);
/* Wait until the condition holds, at most 10 s. */
#define FLEET_WAIT_FOR(condition)                                              \
    do {                                                                       \
        int fleet_left = 10000;                                                \
        while (!(condition) && fleet_left-- > 0) {                             \
            fleet_pause();                                                     \
        }                                                                      \
        ck_assert_msg(condition, "never became true: " #condition);            \
    } while (0)
void fleet_pause(void); /* a millisecond */
int64_t fleet_now_ms(void);

#endif
