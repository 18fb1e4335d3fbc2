/*
 * A source that reads the list from an Admin Module.
 */
#include "source/source.h"

#include "admin/admin.h"
#include "base/error.h"

static se_err admin_fetch(void *self, int timeout_ms, se_topology **out,
                          se_error *err)
{
    return se__admin_list(self, timeout_ms, out, err);
}

static void admin_free(void *self)
{
    se__admin_unref(self);
}

static const se_source_ops admin_ops = {
    .size = sizeof(se_source_ops),
    .name = "admin_module",
    .fetch = admin_fetch,
    .free = admin_free,
};

se_err se_source_admin(se_admin *admin, se_source **out, se_error *err)
{
    se_source *source = NULL;
    se_err rc;

    if (admin == NULL) {
        return se__fail(err, SE_E_INVALID, "a source needs its Admin Module");
    }
    rc = se_source_new(&admin_ops, se__admin_ref(admin), &source, err);
    if (rc != SE_OK) {
        se__admin_unref(admin);
        return rc;
    }
    if (!se__source_place(source, se__admin_url(admin))) {
        se_source_free(source);
        return se__fail(err, SE_E_NOMEM, "out of memory for a source");
    }
    *out = source;
    return SE_OK;
}
