/*
 * What is known of an element, for people and programs.
 */
#ifndef SE_CAPACITY_REPORT_H
#define SE_CAPACITY_REPORT_H

#include <stdint.h>

#include "topology/endpoint.h"
#include "topology/topology.h"

/* A view: `error` is what the caller holds as long as it is used. */
void se__capacity_report(const se_element *element,
                         const se__endpoint *endpoint, const char *error,
                         int64_t now, se_capacity *out);

#endif
