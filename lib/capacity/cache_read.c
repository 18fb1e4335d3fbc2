/*
 * Reading what others wrote, and believing only what can be.
 */
#include "capacity/cache.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

bool se__cache_is_unhealthy(const char *text)
{
    static const char word[] = "unhealthy";

    return text && strncmp(text, word, sizeof(word) - 1) == 0;
}

/* ---- one field ---- */

static const char *get(const se__redis_reply *hash, const char *name)
{
    size_t count = se__redis_count(hash);

    for (size_t i = 0; i + 1 < count; i += 2) {
        const char *field = se__redis_string(se__redis_at(hash, i), NULL);

        if (field && strcmp(field, name) == 0) {
            return se__redis_string(se__redis_at(hash, i + 1), NULL);
        }
    }
    return NULL;
}

static se_err missing(const char *name, se_error *err)
{
    return se__fail(err, SE_E_PROTOCOL, "cached capacity: no %s", name);
}

static se_err nonsense(const char *name, const char *text, se_error *err)
{
    return se__fail(err, SE_E_PROTOCOL, "cached capacity: %s is \"%.40s\"",
                    name, text);
}

static se_err bytes_of(const se__redis_reply *hash, const char *name,
                       int64_t *out, se_error *err)
{
    const char *text = get(hash, name);

    if (!text) {
        return missing(name, err);
    }
    if (!se__parse_int64(text, strlen(text), out) || *out < 0 ||
        *out > SE__REPLY_BYTES_MAX) {
        return nonsense(name, text, err);
    }
    return SE_OK;
}

static se_err health_of(const se__redis_reply *hash, se_health *out,
                        se_error *err)
{
    const char *text = get(hash, "health");

    if (!text) {
        return missing("health", err);
    }
    for (int h = SE_HEALTH_HEALTHY; h <= SE_HEALTH_UNHEALTHY; h++) {
        if (strcmp(text, se_health_name((se_health)h)) == 0) {
            *out = (se_health)h;
            return SE_OK;
        }
    }
    return nonsense("health", text, err);
}

static se_err moment_of(const se__redis_reply *hash, int64_t *out,
                        se_error *err)
{
    const char *text = get(hash, "last_poll");

    if (!text) {
        return missing("last_poll", err);
    }
    return se__cache_time(text, out) ? SE_OK : nonsense("last_poll", text, err);
}

/* ---- all of it ---- */

/* One that never answered has a hash as well, with zeros. */
static bool is_empty(const se__cache_entry *entry)
{
    return entry->health == SE_HEALTH_UNHEALTHY && entry->total == 0;
}

static se_err check(se__cache_entry *entry, se_error *err)
{
    if (is_empty(entry)) {
        entry->total = -1;
        entry->used = -1;
        entry->available = -1;
    } else if (entry->used > entry->total || entry->available > entry->total) {
        return se__fail(err, SE_E_PROTOCOL,
                        "cached capacity: less than what is used or available");
    }
    return SE_OK;
}

se_err se__cache_read(const se__redis_reply *reply, se__cache_entry *out,
                      se_error *err)
{
    const struct {
        const char *name;
        int64_t *value;
    } figures[] = {{"total", &out->total},
                   {"used", &out->used},
                   {"available", &out->available}};
    const char *error = se__redis_error(reply);
    se_err rc = SE_OK;

    if (error) {
        return se__fail(err, SE_E_PROTOCOL, "cached capacity: %s", error);
    }
    if (se__redis_count(reply) == 0) {
        return se__fail(err, SE_E_NOT_FOUND, "no cached capacity");
    }
    for (size_t i = 0; rc == SE_OK && i < SE__COUNT(figures); i++) {
        rc = bytes_of(reply, figures[i].name, figures[i].value, err);
    }
    if (rc == SE_OK) {
        rc = health_of(reply, &out->health, err);
    }
    if (rc == SE_OK) {
        rc = moment_of(reply, &out->measured_us, err);
    }
    return rc == SE_OK ? check(out, err) : rc;
}
