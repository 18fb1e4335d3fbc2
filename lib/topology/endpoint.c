#include "topology/endpoint.h"

#include <string.h>

#include "base/backoff.h"
#include "base/mem.h"
#include "base/text.h"

#define BUCKETS 256
/* A poll this old may be replaced by what a list says. */
#define POLL_TRUSTED_MS 60000
#define FULL_MS 60000
#define FULL_MAX_MS 600000
#define FULL_PERCENT 98
#define FAULTS_TO_EJECT 5
#define EJECT_MS 30000
#define EJECT_MAX_MS 300000
#define EJECT_JITTER_PERCENT 10

struct se__endpoint_table {
    atomic_int refs;
    se__mutex lock;
    se__endpoint *buckets[BUCKETS];
};

/* ---- the table of ids ---- */

se__endpoint_table *se__endpoint_table_new(void)
{
    se__endpoint_table *table = se__zalloc(sizeof(*table));

    if (table) {
        atomic_init(&table->refs, 1);
        se__mutex_init(&table->lock);
    }
    return table;
}

se__endpoint_table *se__endpoint_table_ref(se__endpoint_table *table)
{
    atomic_fetch_add(&table->refs, 1);
    return table;
}

void se__endpoint_table_unref(se__endpoint_table *table)
{
    if (table && atomic_fetch_sub(&table->refs, 1) == 1) {
        se__mutex_fini(&table->lock);
        free(table);
    }
}

/* FNV-1a. */
static se__endpoint **bucket_of(se__endpoint_table *table, const char *id)
{
    uint32_t hash = 2166136261U;

    for (; *id; id++) {
        hash = (hash ^ (unsigned char)*id) * 16777619U;
    }
    return &table->buckets[hash % BUCKETS];
}

static se__endpoint *endpoint_new(se__endpoint_table *table, const char *id)
{
    se__endpoint *endpoint = se__zalloc(sizeof(*endpoint));

    if (endpoint) {
        atomic_init(&endpoint->refs, 1);
        atomic_init(&endpoint->total, -1);
        atomic_init(&endpoint->used, -1);
        atomic_init(&endpoint->available, -1);
        se__copy_text(endpoint->id, sizeof(endpoint->id), id);
        endpoint->table = se__endpoint_table_ref(table);
    }
    return endpoint;
}

se__endpoint *se__endpoint_get(se__endpoint_table *table, const char *id)
{
    se__endpoint **bucket = bucket_of(table, id);
    se__endpoint *endpoint;

    se__mutex_lock(&table->lock);
    for (endpoint = *bucket; endpoint; endpoint = endpoint->next) {
        if (strcmp(endpoint->id, id) == 0) {
            atomic_fetch_add(&endpoint->refs, 1);
            break;
        }
    }
    if (!endpoint) {
        endpoint = endpoint_new(table, id);
        if (endpoint) {
            endpoint->next = *bucket;
            *bucket = endpoint;
        }
    }
    se__mutex_unlock(&table->lock);
    return endpoint;
}

se__endpoint *se__endpoint_ref(se__endpoint *endpoint)
{
    atomic_fetch_add(&endpoint->refs, 1);
    return endpoint;
}

static void unlink_locked(se__endpoint *endpoint)
{
    se__endpoint **at = bucket_of(endpoint->table, endpoint->id);

    while (*at != endpoint) {
        at = &(*at)->next;
    }
    *at = endpoint->next;
}

/*
 * The last reference is dropped under the table's lock: se__endpoint_get(),
 * which takes the same lock, finds an endpoint either alive or not at all.
 */
void se__endpoint_unref(se__endpoint *endpoint)
{
    se__endpoint_table *table;
    int refs;
    bool last;

    if (!endpoint) {
        return;
    }
    refs = atomic_load(&endpoint->refs);
    while (refs > 1) {
        if (atomic_compare_exchange_weak(&endpoint->refs, &refs, refs - 1)) {
            return;
        }
    }
    table = endpoint->table;
    se__mutex_lock(&table->lock);
    last = atomic_fetch_sub(&endpoint->refs, 1) == 1;
    if (last) {
        unlink_locked(endpoint);
    }
    se__mutex_unlock(&table->lock);
    if (last) {
        free(endpoint);
        se__endpoint_table_unref(table);
    }
}

/* ---- room ---- */

static int64_t saturated_sub(int64_t a, int64_t b)
{
    int64_t difference;

    if (__builtin_sub_overflow(a, b, &difference)) {
        return b > 0 ? INT64_MIN : INT64_MAX;
    }
    return difference;
}

static int64_t landed(const se__endpoint *endpoint)
{
    return atomic_load(&endpoint->landed_total) -
           atomic_load(&endpoint->landed_base);
}

/* Room if `reserved` bytes are reserved. */
static int64_t room_with(const se__endpoint *endpoint, int64_t reserved)
{
    int64_t available = atomic_load(&endpoint->available);

    if (available < 0) {
        return INT64_MAX;
    }
    return saturated_sub(saturated_sub(available, landed(endpoint)), reserved);
}

int64_t se__endpoint_room(const se__endpoint *endpoint)
{
    return room_with(endpoint, atomic_load(&endpoint->reserved));
}

bool se__endpoint_reserve(se__endpoint *endpoint, int64_t bytes,
                          int64_t headroom)
{
    int64_t need;
    int_fast64_t reserved = atomic_load(&endpoint->reserved);

    if (__builtin_add_overflow(bytes, headroom, &need)) {
        return false;
    }
    do {
        if (room_with(endpoint, reserved) < need) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&endpoint->reserved, &reserved,
                                           reserved + bytes));
    return true;
}

void se__endpoint_reserve_more(se__endpoint *endpoint, int64_t bytes)
{
    atomic_fetch_add(&endpoint->reserved, bytes);
}

/* First landed, then no longer reserved: in between it counts twice, never
 * not at all. */
void se__endpoint_release(se__endpoint *endpoint, int64_t bytes,
                          bool has_landed)
{
    if (has_landed) {
        atomic_fetch_add(&endpoint->landed_total, bytes);
    }
    atomic_fetch_sub(&endpoint->reserved, bytes);
}

/* ---- figures ---- */

int64_t se__endpoint_mark(const se__endpoint *endpoint)
{
    return atomic_load(&endpoint->landed_total);
}

static void raise_to(atomic_int_fast64_t *value, int64_t to)
{
    int_fast64_t now = atomic_load(value);

    while (now < to && !atomic_compare_exchange_weak(value, &now, to)) {
        /* now was read again */
    }
}

static void set_figure(se__endpoint *endpoint, const se__figure *figure)
{
    atomic_store(&endpoint->total, figure->total);
    atomic_store(&endpoint->used, figure->used);
    atomic_store(&endpoint->available, figure->available);
    atomic_store(&endpoint->origin, (int)figure->origin);
    raise_to(&endpoint->landed_base, figure->landed_mark);
}

static void clear_full(se__endpoint *endpoint, int64_t began_ms)
{
    if (began_ms > atomic_load(&endpoint->full_since_ms) &&
        se__endpoint_room(endpoint) >= atomic_load(&endpoint->full_bytes)) {
        atomic_store(&endpoint->full_until_ms, 0);
        atomic_store(&endpoint->full_step, 0);
    }
}

void se__endpoint_measured(se__endpoint *endpoint, const se__figure *figure)
{
    int_fast64_t before = atomic_load(&endpoint->measured_ms);

    do {
        if (figure->began_ms < before) {
            return;
        }
    } while (!atomic_compare_exchange_weak(&endpoint->measured_ms, &before,
                                           figure->began_ms));
    set_figure(endpoint, figure);
    clear_full(endpoint, figure->began_ms);
}

/*
 * When the list's publisher measured is not known. A figure that differs from
 * the list before was measured after that was published, so only what had
 * landed by then is in it.
 */
void se__endpoint_listed(se__endpoint *endpoint, int64_t capacity, int64_t used,
                         int64_t now_ms)
{
    bool known = capacity >= 0 && used >= 0 && used <= capacity;
    bool polled =
        atomic_load(&endpoint->origin) == SE_ORIGIN_POLL &&
        now_ms - atomic_load(&endpoint->measured_ms) < POLL_TRUSTED_MS;
    bool same = atomic_load(&endpoint->origin) == SE_ORIGIN_LIST &&
                atomic_load(&endpoint->total) == capacity &&
                atomic_load(&endpoint->used) == used;
    int64_t mark = atomic_load(&endpoint->list_landed);
    se__figure figure = {
        .total = capacity,
        .used = used,
        .available = capacity - used,
        .origin = SE_ORIGIN_LIST,
        .landed_mark = mark,
    };

    atomic_store(&endpoint->list_landed, se__endpoint_mark(endpoint));
    if (known && !polled && !same) {
        set_figure(endpoint, &figure);
    }
}

/* ---- full ---- */

void se__endpoint_mark_full(se__endpoint *endpoint, int64_t bytes, int64_t now)
{
    bool still = atomic_load(&endpoint->full_until_ms) > now;
    int step = atomic_load(&endpoint->full_step);
    int64_t span = FULL_MS;

    for (int i = 0; i < step && span < FULL_MAX_MS; i++) {
        span *= 2;
    }
    if (span > FULL_MAX_MS) {
        span = FULL_MAX_MS;
    }
    if (!still || bytes < atomic_load(&endpoint->full_bytes)) {
        atomic_store(&endpoint->full_bytes, bytes);
    }
    if (!still) {
        /* Many at once are one piece of news. */
        atomic_store(&endpoint->full_step, step + 1);
    }
    atomic_store(&endpoint->full_since_ms, now);
    atomic_store(&endpoint->full_until_ms, now + span);
}

bool se__endpoint_is_full(const se__endpoint *endpoint, int64_t bytes,
                          int64_t now)
{
    int64_t total = atomic_load(&endpoint->total);
    int64_t used = atomic_load(&endpoint->used);

    if (total > 0 && used >= 0 &&
        (double)used * 100 >= (double)total * FULL_PERCENT) {
        return true;
    }
    return atomic_load(&endpoint->full_until_ms) > now &&
           bytes >= atomic_load(&endpoint->full_bytes);
}

/* ---- set aside, ejected ---- */

void se__endpoint_set_aside(se__endpoint *endpoint, int64_t until_ms)
{
    raise_to(&endpoint->set_aside_until_ms, until_ms);
}

void se__endpoint_fault(se__endpoint *endpoint, int64_t now, uint64_t random)
{
    int faults = atomic_fetch_add(&endpoint->faults, 1) + 1;
    int64_t span;

    if (faults % FAULTS_TO_EJECT != 0) {
        return;
    }
    span = (int64_t)EJECT_MS * (atomic_fetch_add(&endpoint->ejections, 1) + 1);
    if (span > EJECT_MAX_MS) {
        span = EJECT_MAX_MS;
    }
    atomic_store(&endpoint->ejected_until_ms,
                 now + se__jitter_ms(span, EJECT_JITTER_PERCENT, random));
}

void se__endpoint_success(se__endpoint *endpoint)
{
    atomic_store(&endpoint->faults, 0);
    atomic_store(&endpoint->ejections, 0);
    atomic_store(&endpoint->ejected_until_ms, 0);
}

bool se__endpoint_is_ejected(const se__endpoint *endpoint, int64_t now)
{
    return atomic_load(&endpoint->ejected_until_ms) > now;
}
