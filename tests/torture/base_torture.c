/*
 * lib/base while memory runs out: every call says so, leaves what was there as
 * it was, leaks nothing, and works the next time.
 */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operation.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/hazard.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/thread.h"
#include "base/uuid.h"

/* Each returns what is wrong, NULL: nothing; `ok` tells if memory sufficed. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

static const char *copies(bool *ok)
{
    char *zeroed = se__zalloc(64);
    int *array = se__zalloc_array(8, sizeof(*array));
    char *bytes = se__dup("bytes", 5);
    char *text = se__strdup("text");
    char *part = se__strndup("text", 2);

    *ok = zeroed && array && bytes && text && part;
    MUST(!zeroed || zeroed[63] == 0);
    MUST(!array || array[7] == 0);
    MUST(!bytes || memcmp(bytes, "bytes", 5) == 0);
    MUST(!text || strcmp(text, "text") == 0);
    MUST(!part || strcmp(part, "te") == 0);
    free(zeroed);
    free(array);
    free(bytes);
    se__secret_free(text);
    free(part);
    return NULL;
}

static const char *str_set(bool *ok)
{
    char *owned = NULL;

    *ok = se__str_set(&owned, "first");
    MUST(*ok ? strcmp(owned, "first") == 0 : !owned);
    if (*ok) {
        *ok = se__str_set(&owned, "second");
        MUST(strcmp(owned, *ok ? "second" : "first") == 0);
    }
    MUST(se__str_set(&owned, NULL));
    MUST(!owned);
    return NULL;
}

static const char *buf(bool *ok)
{
    se__buf b = SE__BUF_INIT;
    size_t length = 0;
    char *text;

    for (int i = 0; i < 100 && !b.failed; i++) {
        length = b.length;
        MUST(se__buf_printf(&b, "%d ", i) == !b.failed);
    }
    *ok = !b.failed;
    if (!*ok) {
        MUST(b.length == length);
        MUST(!se__buf_puts(&b, "more"));
        MUST(!b.data || strlen(b.data) == length);
    }
    text = se__buf_take(&b);
    MUST((text != NULL) == *ok);
    MUST(!b.data);
    free(text);
    return NULL;
}

/* Taking an empty buffer allocates too. */
static const char *buf_take_empty(bool *ok)
{
    se__buf b = SE__BUF_INIT;
    char *text = se__buf_take(&b);

    *ok = text != NULL;
    MUST(!b.data && b.length == 0 && !b.failed);
    MUST(!text || text[0] == '\0');
    free(text);
    return NULL;
}

static const char *sha256(bool *ok)
{
    static const char abc[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    char hex[SE__SHA256_HEX_SIZE] = "";
    se__sha256 sha = {NULL};
    se_error err = SE_ERROR_INIT;

    *ok = true;
    for (int i = 0; i < 2; i++) {
        se_err rc = se__sha256_start(&sha, &err);

        MUST(rc == err.code);
        MUST(ERR_peek_error() == 0);
        if (rc != SE_OK) {
            MUST(rc == SE_E_NOMEM && err.message[0]);
            *ok = false;
            break;
        }
        se__sha256_update(&sha, "abc", 3);
        se__sha256_finish(&sha, hex);
        MUST(strcmp(hex, abc) == 0);
    }
    se__sha256_fini(&sha);
    MUST(!sha.context);
    return NULL;
}

static void note(void *done)
{
    *(bool *)done = true;
}

static const char *thread(bool *ok)
{
    se__thread t = {.started = false};
    se_error err = SE_ERROR_INIT;
    bool ran = false;
    se_err rc = se__thread_start(&t, "se-torture", note, &ran, &err);

    *ok = rc == SE_OK;
    MUST(t.started == *ok);
    MUST(*ok || rc == SE_E_NOMEM || rc == SE_E_SYSTEM);
    MUST(err.code == rc && (err.message[0] != '\0') == !*ok);
    se__thread_join(&t);
    MUST(ran == *ok);
    return NULL;
}

static int objects[2];
static int freed;

static void count_freed(void *object)
{
    (void)object;
    freed++;
}

static const char *hazard(bool *ok)
{
    se__hazard h;
    void *before = NULL;
    int slot;

    freed = 0;
    *ok = true;
    se__hazard_init(&h, count_freed);
    for (size_t i = 0; i < SE__COUNT(objects) && *ok; i++) {
        *ok = se__hazard_swap(&h, &objects[i]);
        before = *ok ? &objects[i] : before;
        MUST(se__hazard_acquire(&h, &slot) == before);
        se__hazard_release(&h, slot);
    }
    MUST(freed == (*ok ? 1 : 0));
    se__hazard_fini(&h);
    MUST(freed == (*ok ? 2 : (before != NULL)));
    return NULL;
}

/* These need no memory, whatever becomes of it. */
static const char *without_memory(bool *ok)
{
    se_error err = SE_ERROR_INIT;
    se_error copy = SE_ERROR_INIT;
    char uuid[SE__UUID_SIZE];

    *ok = true;
    MUST(se__fail_errno(&err, SE_E_FILE, 2, "%s", "a.pdf") == SE_E_FILE);
    MUST(strncmp(err.message, "a.pdf: ", 7) == 0);
    MUST(se__error_copy(&copy, &err) == SE_E_FILE);
    MUST(se__uuid_make(uuid, &err) == SE_OK);
    MUST(se__uuid_valid(uuid));
    return NULL;
}

static const operation operations[] = {
    {"copies", copies}, {"str_set", str_set},
    {"buf", buf},       {"buf_take_empty", buf_take_empty},
    {"sha256", sha256}, {"thread", thread},
    {"hazard", hazard}, {"without_memory", without_memory},
};

int main(void)
{
    bool good = true;

    for (size_t i = 0; i < SE__COUNT(operations); i++) {
        good = operation_survives(&operations[i]) && good;
    }
    return !good;
}
