/*
 * A person's word on the list that is held back.
 */
#include "registry/state.h"

#include "base/clock.h"
#include "base/error.h"

/* Everybody else who holds this list lets it go. */
static void tell_others(se_registry *registry, const char *hash)
{
    size_t count = se__chain_count(&registry->chain);

    if (se__keep_exists(&registry->keep)) {
        se__keep_accepted_set(&registry->keep, hash, se__wall_us());
    }
    for (size_t i = 0; i < count; i++) {
        se_source *source = registry->chain.sources[i];
        se_error why = SE_ERROR_INIT;

        if (source->extra.accepted_set != NULL &&
            source->extra.accepted_set(source->self, registry->fetch_timeout_ms,
                                       hash, &why) != SE_OK) {
            SE__LOG(&registry->log, SE_LOG_WARNING, "registry",
                    "Accepted SE config is not known to others",
                    SE__LOG_STR("source", source->ops.name),
                    SE__LOG_STR("error", why.message));
        }
    }
}

/* A process that has just begun finds out by asking the sources. */
static se_err find_held(se_registry *registry, se_topology **held,
                        se_error *err)
{
    se_err rc = SE_OK;

    *held = se__hold_get(registry);
    if (*held == NULL) {
        rc = se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, err);
        *held = se__hold_get(registry);
    }
    if (*held != NULL) {
        return SE_OK;
    }
    return rc != SE_OK ? rc
                       : se__fail(err, SE_E_NOT_FOUND, "nothing is held back");
}

se_err se_registry_accept(se_registry *registry, se_diff **diff, se_error *err)
{
    se__offer offer = {.confirmed = true, .diff = diff};
    se_topology *held = NULL;
    se_error why = SE_ERROR_INIT;
    se_err rc;

    if (registry == NULL) {
        return se__fail(err, SE_E_INVALID, "there is no registry");
    }
    if (se__registry_forked(registry)) {
        return se__fail(err, SE_E_FORKED, "%s", se_err_text(SE_E_FORKED));
    }
    rc = find_held(registry, &held, err);
    if (rc != SE_OK) {
        return rc;
    }
    if (se__registry_offer(registry, &offer, se_topology_ref(held), &why) ==
        SE__TAKEN) {
        tell_others(registry, se_topology_hash(held));
        se__save_now(registry);
        se__reload_tell(registry, true);
    } else {
        rc = se__error_copy(err, &why);
    }
    se__offer_fini(&offer);
    se_topology_unref(held);
    return rc;
}
