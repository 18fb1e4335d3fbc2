/*
 * A source that reads the list from an Admin Module.
 */
#include "source/source.h"

#include "admin/admin.h"
#include "base/error.h"
#include "base/mem.h"

typedef struct admin_source {
    se_admin *admin;
    atomic_int stop_fd; /* of who fetches; -1: none */
} admin_source;

static se_err admin_fetch(void *self, int timeout_ms, se_topology **out,
                          se_error *err)
{
    admin_source *source = self;

    return se__admin_list(source->admin, timeout_ms,
                          atomic_load(&source->stop_fd), out, err);
}

static void admin_stop_by(void *self, int fd)
{
    admin_source *source = self;

    atomic_store(&source->stop_fd, fd);
}

static void admin_free(void *self)
{
    admin_source *source = self;

    se__admin_unref(source->admin);
    free(source);
}

static const se_source_ops admin_ops = {
    .size = sizeof(se_source_ops),
    .name = "admin_module",
    .fetch = admin_fetch,
    .free = admin_free,
};

se_err se_source_admin(se_admin *admin, se_source **out, se_error *err)
{
    static const se__source_extra extra = {.stop_by = admin_stop_by};
    se_source *source = NULL;
    admin_source *self;
    se_err rc;

    if (admin == NULL) {
        return se__fail(err, SE_E_INVALID, "a source needs its Admin Module");
    }
    self = se__zalloc(sizeof(*self));
    if (self == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a source");
    }
    self->admin = se__admin_ref(admin);
    atomic_init(&self->stop_fd, -1);
    rc = se_source_new(&admin_ops, self, &source, err);
    if (rc != SE_OK) {
        admin_free(self);
        return rc;
    }
    se__source_extend(source, &extra);
    if (!se__source_place(source, se__admin_url(admin))) {
        se_source_free(source);
        return se__fail(err, SE_E_NOMEM, "out of memory for a source");
    }
    *out = source;
    return SE_OK;
}
