/*
 * The elements that failed an upload already.
 */
#include "selector/selector.h"

void se__tried_add(se__tried *tried, se__endpoint *endpoint)
{
    if (tried->count < SE__TRIED_MAX && !se__tried_has(tried, endpoint)) {
        tried->endpoints[tried->count++] = se__endpoint_ref(endpoint);
    }
}

bool se__tried_has(const se__tried *tried, const se__endpoint *endpoint)
{
    for (size_t i = 0; tried && i < tried->count; i++) {
        if (tried->endpoints[i] == endpoint) {
            return true;
        }
    }
    return false;
}

void se__tried_fini(se__tried *tried)
{
    for (size_t i = 0; i < tried->count; i++) {
        se__endpoint_unref(tried->endpoints[i]);
    }
    tried->count = 0;
}
