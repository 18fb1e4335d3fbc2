/*
 * Those who are told of every fetch.
 */
#include "registry/state.h"

void se__registry_listen(se_registry *registry, se__fetched_listener *listener)
{
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->listen_lock);
    listener->next = reload->listeners;
    reload->listeners = listener;
    se__mutex_unlock(&reload->listen_lock);
}

void se__registry_unlisten(se_registry *registry,
                           se__fetched_listener *listener)
{
    se__reload *reload = &registry->reload;
    se__fetched_listener **link = &reload->listeners;

    se__mutex_lock(&reload->listen_lock);
    while (*link != NULL && *link != listener) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = listener->next;
    }
    se__mutex_unlock(&reload->listen_lock);
}

void se__reload_tell(se_registry *registry, bool ok)
{
    se__reload *reload = &registry->reload;
    uint64_t serial = se__registry_serial(registry);

    se__mutex_lock(&reload->listen_lock);
    for (se__fetched_listener *it = reload->listeners; it != NULL;
         it = it->next) {
        it->fn(it->user, serial, ok);
    }
    se__mutex_unlock(&reload->listen_lock);
}
