/*
 * Bodies in general, and bodies from memory.
 */
#include "uploader/body.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

se_err se__body_check(se__body *body, se_error *err)
{
    return body->ops->check ? body->ops->check(body, err) : SE_OK;
}

void se__body_idle(se__body *body)
{
    if (body->ops->idle) {
        body->ops->idle(body);
    }
}

void se__body_free(se__body *body)
{
    if (body) {
        body->ops->free(body);
    }
}

typedef struct memory_body {
    se__body base;
    const char *data;
} memory_body;

static int64_t memory_read(se__body *body, int64_t at, char *buffer, size_t n)
{
    memory_body *memory = SE__CONTAINER(body, memory_body, base);
    size_t left = at < body->size ? (size_t)(body->size - at) : 0;
    size_t take = left < n ? left : n;

    memcpy(buffer, memory->data + at, take);
    return (int64_t)take;
}

static void memory_free(se__body *body)
{
    free(SE__CONTAINER(body, memory_body, base));
}

se_err se__body_memory(const void *data, size_t length, se__body **out,
                       se_error *err)
{
    static const se__body_ops ops = {memory_read, NULL, NULL, memory_free};
    memory_body *memory = se__zalloc(sizeof(*memory));

    if (!memory) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a body");
    }
    memory->base.ops = &ops;
    memory->base.size = (int64_t)length;
    memory->base.error = (se_error)SE_ERROR_INIT;
    memory->data = data;
    *out = &memory->base;
    return SE_OK;
}
