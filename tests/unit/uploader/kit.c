#include "kit.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* ---- folders ---- */

void folder_make(folder *f)
{
    snprintf(f->path, sizeof(f->path), "/tmp/artstore-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->path));
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* How many names; unlinks them if told to. */
static int walk(const folder *f, bool remove_them)
{
    DIR *dir = opendir(f->path);
    struct dirent *entry;
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (is_dots(entry->d_name)) {
            continue;
        }
        n++;
        if (remove_them) {
            char path[400];

            snprintf(path, sizeof(path), "%s/%s", f->path, entry->d_name);
            remove(path);
        }
    }
    closedir(dir);
    return n;
}

int folder_count(const folder *f)
{
    return walk(f, false);
}

void folder_remove(folder *f)
{
    walk(f, true);
    rmdir(f->path);
}

void folder_file(const folder *f, const char *name, const void *data,
                 size_t length, char *path, size_t size)
{
    FILE *file;

    snprintf(path, size, "%s/%s", f->path, name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

int open_descriptors(void)
{
    static const folder self = {"/proc/self/fd"};

    return folder_count(&self) - 1; /* that of the walk itself */
}

/* ---- bytes ---- */

char pattern(unsigned seed, int64_t at)
{
    uint64_t x = ((uint64_t)at + 1) * 0x9e3779b97f4a7c15u + seed * 7919u;

    return (char)(x >> 56 ^ x >> 33);
}

void pattern_fill(unsigned seed, int64_t at, char *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = pattern(seed, at + (int64_t)i);
    }
}

char *pattern_new(unsigned seed, size_t n)
{
    char *data = malloc(n ? n : 1);

    ck_assert_ptr_nonnull(data);
    pattern_fill(seed, 0, data, n);
    return data;
}

bool pattern_is(unsigned seed, int64_t at, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (data[i] != pattern(seed, at + (int64_t)i)) {
            return false;
        }
    }
    return true;
}

/* ---- sleepers ---- */

void sleeper_init(sleeper *s)
{
    memset(s, 0, sizeof(*s));
    se__mutex_init(&s->lock);
    se__cond_init(&s->cond);
}

void sleeper_fini(sleeper *s)
{
    se__cond_fini(&s->cond);
    se__mutex_fini(&s->lock);
}

void sleeper_wake(void *user)
{
    sleeper *s = user;

    se__mutex_lock(&s->lock);
    s->wakes++;
    se__cond_signal(&s->cond);
    se__mutex_unlock(&s->lock);
}

uint64_t sleeper_wakes(sleeper *s)
{
    uint64_t wakes;

    se__mutex_lock(&s->lock);
    wakes = s->wakes;
    se__mutex_unlock(&s->lock);
    return wakes;
}

bool sleeper_wait(sleeper *s, uint64_t seen)
{
    int64_t deadline = se__deadline(se__now_ms(), PATIENCE_MS);
    bool came;

    se__mutex_lock(&s->lock);
    while (s->wakes <= seen && se__cond_wait(&s->cond, &s->lock, deadline)) {
        /* woken early, or there is news */
    }
    came = s->wakes > seen;
    se__mutex_unlock(&s->lock);
    return came;
}

int64_t read_all(se__body *body, sleeper *s, unsigned seed, size_t chunk)
{
    char *buffer = malloc(chunk);
    int64_t at = 0;
    int64_t got;

    ck_assert_ptr_nonnull(buffer);
    do {
        uint64_t seen = s ? sleeper_wakes(s) : 0;

        got = se__body_read(body, at, buffer, chunk);
        if (got > 0) {
            ck_assert_int_le(got, (int64_t)chunk);
            ck_assert_msg(pattern_is(seed, at, buffer, (size_t)got),
                          "other bytes at %lld", (long long)at);
            at += got;
        } else if (got == SE__BODY_AGAIN) {
            ck_assert_msg(s && sleeper_wait(s, seen), "no wake at %lld",
                          (long long)at);
        }
    } while (got > 0 || got == SE__BODY_AGAIN);
    free(buffer);
    return got < 0 ? got : at;
}
