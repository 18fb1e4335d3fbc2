/*
 * A source whose list the program sets.
 */
#include "source/source.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"

typedef struct memory_source {
    se__mutex lock;
    se_topology *topology; /* NULL until it is set */
} memory_source;

static se_err memory_fetch(void *self, int timeout_ms, se_topology **out,
                           se_error *err)
{
    memory_source *memory = self;
    se_topology *topology;

    (void)timeout_ms;
    se__mutex_lock(&memory->lock);
    topology = se_topology_ref(memory->topology);
    se__mutex_unlock(&memory->lock);
    if (topology == NULL) {
        return se__fail(err, SE_E_SOURCE, "no list is set");
    }
    *out = topology;
    return SE_OK;
}

static void memory_free(void *self)
{
    memory_source *memory = self;

    se_topology_unref(memory->topology);
    se__mutex_fini(&memory->lock);
    free(memory);
}

static const se_source_ops memory_ops = {
    .size = sizeof(se_source_ops),
    .name = "memory",
    .fetch = memory_fetch,
    .free = memory_free,
};

se_err se_source_memory(se_source **out, se_error *err)
{
    memory_source *memory = se__zalloc(sizeof(*memory));
    se_err rc;

    if (memory == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a memory source");
    }
    se__mutex_init(&memory->lock);
    rc = se_source_new(&memory_ops, memory, out, err);
    if (rc != SE_OK) {
        memory_free(memory);
    }
    return rc;
}

se_err se_source_memory_set(se_source *source, const se_topology *topology,
                            se_error *err)
{
    memory_source *memory;
    se_topology *before;

    if (source == NULL || source->ops.fetch != memory_fetch) {
        return se__fail(err, SE_E_INVALID, "not a memory source");
    }
    memory = source->self;
    se__mutex_lock(&memory->lock);
    before = memory->topology;
    memory->topology = se_topology_ref(topology);
    se__mutex_unlock(&memory->lock);
    se_topology_unref(before);
    return SE_OK;
}
