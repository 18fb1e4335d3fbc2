/*
 * The elements that failed an upload already, and whether for want of room.
 */
#include "selector/selector.h"

static size_t position_of(const se__tried *tried, const se__endpoint *endpoint)
{
    size_t i = 0;

    while (i < tried->count && tried->endpoints[i] != endpoint) {
        i++;
    }
    return i;
}

void se__tried_add(se__tried *tried, se__endpoint *endpoint, bool lacks_room)
{
    size_t at = position_of(tried, endpoint);

    if (at < tried->count) {
        tried->lacks_room[at] = lacks_room;
    } else if (at < SE__TRIED_MAX) {
        tried->endpoints[at] = se__endpoint_ref(endpoint);
        tried->lacks_room[at] = lacks_room;
        tried->count++;
    }
}

bool se__tried_has(const se__tried *tried, const se__endpoint *endpoint)
{
    return tried && position_of(tried, endpoint) < tried->count;
}

bool se__tried_lacks_room(const se__tried *tried, const se__endpoint *endpoint)
{
    return se__tried_has(tried, endpoint) &&
           tried->lacks_room[position_of(tried, endpoint)];
}

void se__tried_fini(se__tried *tried)
{
    for (size_t i = 0; i < tried->count; i++) {
        se__endpoint_unref(tried->endpoints[i]);
    }
    tried->count = 0;
}
