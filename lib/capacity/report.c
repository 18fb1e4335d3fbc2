#include "capacity/report.h"

void se__capacity_report(const se_element *element,
                         const se__endpoint *endpoint, const char *error,
                         int64_t now, se_capacity *out)
{
    int64_t measured = atomic_load(&endpoint->measured_ms);

    *out = (se_capacity){
        .size = sizeof(*out),
        .id = endpoint->id,
        .mode = se_element_mode(element),
        .total_bytes = atomic_load(&endpoint->total),
        .used_bytes = atomic_load(&endpoint->used),
        .available_bytes = atomic_load(&endpoint->available),
        .percent_used = -1,
        .health = (se_health)atomic_load(&endpoint->health),
        .origin = (se_origin)atomic_load(&endpoint->origin),
        .age_ms = measured > 0 ? now - measured : -1,
        .error = error,
    };
    if (out->total_bytes > 0 && out->used_bytes >= 0) {
        out->percent_used =
            100.0 * (double)out->used_bytes / (double)out->total_bytes;
    }
}
