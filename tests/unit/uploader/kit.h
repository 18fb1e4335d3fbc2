/*
 * What the tests of bodies and spools share: a folder of their own, bytes that
 * say where they belong, and somebody to be woken.
 */
#ifndef UPLOADER_TEST_KIT_H
#define UPLOADER_TEST_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"
#include "uploader/body.h"

/* Long enough for any machine; what waits this long has failed. */
#define PATIENCE_MS 30000

/* A new folder; removed with all that is in it. */
typedef struct folder {
    char path[64];
} folder;

void folder_make(folder *f);
void folder_remove(folder *f);
int folder_count(const folder *f); /* names in it */
/* Write a file there; returns its path in a buffer of the folder's user. */
void folder_file(const folder *f, const char *name, const void *data,
                 size_t length, char *path, size_t size);

/* Byte `at` of the stream `seed`; differs from that of other streams. */
char pattern(unsigned seed, int64_t at);
void pattern_fill(unsigned seed, int64_t at, char *out, size_t n);
char *pattern_new(unsigned seed, size_t n);
bool pattern_is(unsigned seed, int64_t at, const char *data, size_t n);

/* Counts wakes; somebody waits for one more than they have seen. */
typedef struct sleeper {
    se__mutex lock;
    se__cond cond;
    uint64_t wakes;
} sleeper;

void sleeper_init(sleeper *s);
void sleeper_fini(sleeper *s);
void sleeper_wake(void *user);
uint64_t sleeper_wakes(sleeper *s);
/* True once there were more than `seen`; false: nobody ever came. */
bool sleeper_wait(sleeper *s, uint64_t seen);

/*
 * Read a body from the start to its end as a transfer does, waiting when it
 * says AGAIN, and compare with the stream. Returns its length, or what read
 * answered if it is an error. Without a sleeper AGAIN is a failure.
 */
int64_t read_all(se__body *body, sleeper *s, unsigned seed, size_t chunk);

int open_descriptors(void);

#endif
