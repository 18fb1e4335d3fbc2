/*
 * A person's word on the list that is held back.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

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

/* By a process with the same sources; "" if it holds nothing. */
static void note_of_our_like(se_registry *registry,
                             char hash[SE__ACCEPTED_SIZE])
{
    char sources[SE__KEEP_SOURCES_SIZE];
    se__keep_held note;

    if (se__keep_exists(&registry->keep) &&
        se__save_sources(registry, sources) &&
        se__keep_held_get(&registry->keep, sources, se__wall_us(), &note)) {
        se__copy_text(hash, SE__ACCEPTED_SIZE, note.hash);
    }
}

/* By whoever uses the state directory. */
static bool is_held_elsewhere(se_registry *registry, const char *hash)
{
    return se__keep_exists(&registry->keep) &&
           se__keep_is_held(&registry->keep, se__wall_us(), hash);
}

/*
 * A process that has just begun finds out by asking the sources. Without a last
 * good list of theirs it has nothing that the held one could be kept from, and
 * takes it; then *known is all that it can tell the others of.
 */
static se_err find_held(se_registry *registry, se_topology **held,
                        se_topology **known, se_error *err)
{
    char noted[SE__ACCEPTED_SIZE] = "";
    se_err rc;

    *held = se__hold_get(registry);
    if (*held != NULL) {
        return SE_OK;
    }
    note_of_our_like(registry, noted); /* the reload may use it up */
    rc = se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, err);
    *held = se__hold_get(registry);
    if (*held != NULL) {
        return SE_OK;
    }
    *known = se_registry_topology(registry);
    if (rc == SE_OK && strcmp(se_topology_hash(*known), noted) != 0 &&
        !is_held_elsewhere(registry, se_topology_hash(*known))) {
        rc = se__fail(err, SE_E_NOT_FOUND, "nothing is held back");
    }
    return rc;
}

static se_err put_in_force(se_registry *registry, se_topology *held,
                           se_diff **diff, se_error *err)
{
    se__offer offer = {.confirmed = true, .diff = diff};
    se_error why = SE_ERROR_INIT;
    se_err rc = SE_OK;

    if (se__registry_offer(registry, &offer, se_topology_ref(held), &why) ==
        SE__TAKEN) {
        tell_others(registry, se_topology_hash(held));
        se__save_now(registry);
        se__reload_tell(registry, true);
    } else {
        rc = se__error_copy(err, &why);
    }
    se__offer_fini(&offer);
    return rc;
}

se_err se_registry_accept(se_registry *registry, se_diff **diff, se_error *err)
{
    se_topology *held = NULL;
    se_topology *known = NULL;
    se_err rc;

    if (registry == NULL) {
        return se__fail(err, SE_E_INVALID, "there is no registry");
    }
    if (se__registry_forked(registry)) {
        return se__fail(err, SE_E_FORKED, "%s", se_err_text(SE_E_FORKED));
    }
    rc = find_held(registry, &held, &known, err);
    if (rc == SE_OK && held != NULL) {
        rc = put_in_force(registry, held, diff, err);
    } else if (rc == SE_OK) {
        tell_others(registry, se_topology_hash(known));
        rc = diff == NULL ? SE_OK : se_diff_compute(NULL, known, diff, err);
    }
    se_topology_unref(known);
    se_topology_unref(held);
    return rc;
}
