/*
 * The elements of one process.
 */
#ifndef SANDBOX_FLEET_H
#define SANDBOX_FLEET_H

#include "element.h"

struct sandbox {
    sb_fleet *fleet;
    sb_element *first;
    sb_element *admin; /* NULL: there is none */
    size_t n_elements;
};

/* NULL: no such element. */
sb_element *sb_fleet_find(const sandbox *sandbox, const char *id);

#endif
