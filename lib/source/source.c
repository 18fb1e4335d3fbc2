/*
 * A source: its functions, and what the library makes sure of around them.
 */
#include "source/source.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "topology/topology.h"

static const char *missing_member(const se_source_ops *ops)
{
    if (ops->name == NULL || ops->name[0] == '\0') {
        return "name";
    }
    if (ops->fetch == NULL) {
        return "fetch";
    }
    return ops->free == NULL ? "free" : NULL;
}

se_err se_source_new(const se_source_ops *ops, void *self, se_source **out,
                     se_error *err)
{
    se_source_ops known;
    const char *missing;
    se_source *source;
    se_err rc;

    if (ops == NULL || out == NULL) {
        return se__fail(err, SE_E_INVALID, "a source needs its functions");
    }
    rc = se__struct_copy(&known, sizeof(known), ops, "se_source_ops", err);
    if (rc != SE_OK) {
        return rc;
    }
    missing = missing_member(&known);
    if (missing != NULL) {
        return se__fail(err, SE_E_INVALID, "se_source_ops lacks %s", missing);
    }
    source = se__zalloc(sizeof(*source));
    if (source == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a source");
    }
    source->ops = known;
    source->self = self;
    source->last_error.size = sizeof(source->last_error);
    *out = source;
    return SE_OK;
}

bool se__source_place(se_source *source, const char *where)
{
    return se__str_set(&source->where, where);
}

void se__source_extend(se_source *source, const se__source_extra *extra)
{
    source->extra = *extra;
}

const char *se_source_name(const se_source *source)
{
    return source->ops.name;
}

void se_source_free(se_source *source)
{
    if (source == NULL) {
        return;
    }
    source->ops.free(source->self);
    free(source->where);
    free(source);
}

/*
 * Who holds the only reference may write; a list that others read is copied,
 * unless there is nothing to write: a source that found what it found before
 * may hand over the same list.
 */
se_err se__source_label(se_topology **topology, const char *name, se_error *err)
{
    se_topology *copy;
    se_err rc;

    if (atomic_load(&(*topology)->refs) > 1) {
        if (strcmp(se_topology_source(*topology), name) == 0) {
            return SE_OK;
        }
        rc = se__topology_copy(*topology, &copy, err);
        if (rc != SE_OK) {
            return rc;
        }
        se_topology_unref(*topology);
        *topology = copy;
    }
    se__topology_set_origin(*topology, name, se__now_ms());
    return SE_OK;
}

static bool is_code(se_err rc)
{
    return rc != SE_OK && strcmp(se_err_name(rc), "SE_E_?") != 0;
}

/*
 * What a source returns is what counts; what it leaves out of the error is
 * filled in. A success without a list is a failure.
 */
static se_err complete(se_err rc, se_error *said, se_error *err)
{
    if (rc == SE_OK) {
        return se__fail(err, SE_E_SOURCE,
                        "success was reported without a list");
    }
    if (said->message[0] == '\0') {
        se__fail(said, rc, "%s", se_err_text(rc));
    }
    said->code = is_code(rc) ? rc : SE_E_SOURCE;
    return se__error_copy(err, said);
}

se_err se__source_fetch(se_source *source, int timeout_ms, se_topology **out,
                        se_error *err)
{
    se_error said = SE_ERROR_INIT;
    se_topology *topology = NULL;
    se_err rc;

    rc = source->ops.fetch(source->self, timeout_ms, &topology, &said);
    if (rc != SE_OK || topology == NULL) {
        return complete(rc, &said, err);
    }
    rc = se__source_label(&topology, source->ops.name, err);
    if (rc != SE_OK) {
        se_topology_unref(topology);
        return rc;
    }
    *out = topology;
    return SE_OK;
}
