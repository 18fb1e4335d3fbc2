/*
 * The allocator in front of the allocator; see failnth.h.
 *
 * It is found before libc (or before a sanitizer's runtime, when preloaded) and
 * hands on to the next one. libc itself calls malloc through the same lookup,
 * so asprintf(), fopen() and the like are counted without wrappers. Not counted
 * is what a new thread allocates before its function begins: nobody can answer
 * for that, and sanitizers, who do it, end the process.
 */
#include "failnth.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* Not found yet: what is allocated while looking, is taken from the pool. */
static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void *(*next_aligned_alloc)(size_t, size_t);
static int (*next_posix_memalign)(void **, size_t, size_t);
static int (*next_pthread_create)(pthread_t *, const pthread_attr_t *,
                                  void *(*)(void *), void *);
static void (*next_free)(void *);

static atomic_bool armed;
static atomic_ulong counted;
static atomic_ulong fail_at;
static atomic_bool sticky_failure;
static atomic_long live;

/* In the static block: reaching it must not allocate. */
static _Thread_local bool is_counted __attribute__((tls_model("initial-exec")));

static _Alignas(16) char pool[16384];
static size_t pool_used;

/* Single-threaded: before main. Never given back. */
static void *from_pool(size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    char *at = pool + pool_used;

    if (size > sizeof(pool) || rounded > sizeof(pool) - pool_used) {
        return NULL;
    }
    pool_used += rounded;
    return at;
}

static bool is_from_pool(const void *memory)
{
    uintptr_t at = (uintptr_t)memory;

    return at >= (uintptr_t)pool && at < (uintptr_t)pool + sizeof(pool);
}

/* POSIX wants dlsym() converted like this. */
static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(function, &found, sizeof(found));
}

static bool ready(void)
{
    static bool looking;

    if (next_free) {
        return true;
    }
    if (looking) {
        return false;
    }
    looking = true;
    find("malloc", &next_malloc);
    find("calloc", &next_calloc);
    find("realloc", &next_realloc);
    find("aligned_alloc", &next_aligned_alloc);
    find("posix_memalign", &next_posix_memalign);
    find("pthread_create", &next_pthread_create);
    find("free", &next_free);
    looking = false;
    return true;
}

static bool must_fail(void)
{
    unsigned long nth = atomic_load(&fail_at);
    unsigned long number;

    if (!is_counted || !atomic_load(&armed)) {
        return false;
    }
    number = atomic_fetch_add(&counted, 1) + 1;
    if (nth == 0 || number < nth ||
        (number > nth && !atomic_load(&sticky_failure))) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

static void *count_live(void *memory)
{
    if (memory) {
        atomic_fetch_add(&live, 1);
    }
    return memory;
}

EXPORT void *malloc(size_t size)
{
    if (!ready()) {
        return from_pool(size);
    }
    return must_fail() ? NULL : count_live(next_malloc(size));
}

EXPORT void *calloc(size_t n, size_t size)
{
    if (!ready()) {
        return from_pool(n * size); /* fresh, hence zero */
    }
    return must_fail() ? NULL : count_live(next_calloc(n, size));
}

EXPORT void free(void *memory)
{
    if (!memory || is_from_pool(memory)) {
        return;
    }
    ready();
    atomic_fetch_sub(&live, 1);
    next_free(memory);
}

static void *move_from_pool(const void *memory, size_t size)
{
    size_t left = (size_t)(pool + sizeof(pool) - (const char *)memory);
    void *moved = malloc(size);

    if (moved) {
        memcpy(moved, memory, size < left ? size : left);
    }
    return moved;
}

EXPORT void *realloc(void *memory, size_t size)
{
    void *moved;

    if (!memory) {
        return malloc(size);
    }
    if (is_from_pool(memory)) {
        return move_from_pool(memory, size);
    }
    if (size == 0) {
        free(memory);
        return NULL;
    }
    ready();
    moved = must_fail() ? NULL : next_realloc(memory, size);
    return moved;
}

EXPORT void *reallocarray(void *memory, size_t n, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(n, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, total);
}

/* Sanitizers have their own, which would pass us by. */
EXPORT char *strndup(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = malloc(length + 1);

    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

EXPORT char *strdup(const char *text)
{
    return strndup(text, SIZE_MAX);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    ready();
    return must_fail() ? NULL : count_live(next_aligned_alloc(alignment, size));
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
    int before = errno;
    int rc;

    ready();
    if (must_fail()) {
        errno = before;
        return ENOMEM;
    }
    rc = next_posix_memalign(out, alignment, size);
    if (rc == 0) {
        atomic_fetch_add(&live, 1);
    }
    return rc;
}

typedef struct beginning {
    void *(*run)(void *);
    void *argument;
} beginning;

static void *begin_thread(void *argument)
{
    beginning b = *(beginning *)argument;
    void *result;

    next_free(argument);
    is_counted = true;
    result = b.run(b.argument);
    is_counted = false;
    return result;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument)
{
    beginning *b;
    int rc;

    ready();
    b = must_fail() ? NULL : next_malloc(sizeof(*b));
    if (!b) {
        return EAGAIN;
    }
    b->run = run;
    b->argument = argument;
    rc = next_pthread_create(thread, attributes, begin_thread, b);
    if (rc != 0) {
        next_free(b);
    }
    return rc;
}

EXPORT void failnth_arm(void)
{
    atomic_store(&armed, true);
}

EXPORT void failnth_arm_at(unsigned long nth, bool sticky)
{
    atomic_store(&counted, 0);
    atomic_store(&fail_at, nth);
    atomic_store(&sticky_failure, sticky);
    atomic_store(&armed, true);
}

EXPORT unsigned long failnth_disarm(void)
{
    atomic_store(&armed, false);
    return atomic_load(&counted);
}

EXPORT long failnth_live(void)
{
    return atomic_load(&live);
}

EXPORT bool failnth_works(void)
{
    long before = atomic_load(&live);
    void *(*seen)(size_t) = malloc;
    void *memory;
    bool works;

    /* As a program does it: through the lookup, unknown to the compiler. */
    __asm__("" : "+r"(seen));
    memory = seen(1);
    works = atomic_load(&live) > before;
    free(memory);
    return works;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value && strcmp(value, "1") == 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *nth = getenv("FAIL_NTH");

    ready();
    is_counted = true;
    atomic_store(&fail_at, nth ? strtoul(nth, NULL, 10) : 0);
    atomic_store(&sticky_failure, is_set("FAIL_STICKY"));
    atomic_store(&armed, is_set("FAIL_ARM"));
}

/* Allocates nothing; a second process of the program does not report. */
__attribute__((destructor)) static void end(void)
{
    const char *file = getenv("FAIL_REPORT");
    unsigned long n = failnth_disarm();
    char line[32];
    int length = snprintf(line, sizeof(line), "%lu\n", n);
    int fd =
        file ? open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;

    if (fd >= 0) {
        if (write(fd, line, (size_t)length) != length) {
            abort();
        }
        close(fd);
    }
}
