/*
 * How much room an endpoint has: figures, and what they cannot know yet.
 */
#include "topology/endpoint.h"

#include "base/clock.h"

/* An element's own figure counts more than the list's for this long. */
#define OWN_FIGURE_MS 60000

/* ---- room ---- */

/*
 * The base is read before the figure, and written after it: a reader in
 * between subtracts too much, not too little.
 */
static int64_t room_beside(const se__endpoint *endpoint, int64_t taken)
{
    int64_t base = atomic_load(&endpoint->landed_base);
    int64_t available = atomic_load(&endpoint->available);
    /* An older `taken` may be below the base. */
    int64_t since = taken > base ? taken - base : 0;

    return available < 0 ? INT64_MAX : available - since;
}

/* INT64_MAX is more than any figure says. */
int64_t se__room_needed(int64_t bytes, int64_t headroom)
{
    int64_t needed;

    return __builtin_add_overflow(bytes < 1 ? 1 : bytes, headroom, &needed)
               ? INT64_MAX
               : needed;
}

static bool is_enough(int64_t room, int64_t bytes, int64_t headroom)
{
    return room >= se__room_needed(bytes, headroom);
}

int64_t se__endpoint_room(const se__endpoint *endpoint)
{
    return room_beside(endpoint, atomic_load(&endpoint->taken));
}

bool se__endpoint_fits(const se__endpoint *endpoint, int64_t bytes,
                       int64_t headroom)
{
    return is_enough(se__endpoint_room(endpoint), bytes, headroom);
}

bool se__endpoint_reserve_fitting(se__endpoint *endpoint, int64_t bytes,
                                  int64_t headroom)
{
    int64_t taken = atomic_load(&endpoint->taken);
    int64_t more = bytes > 0 ? bytes : 0;
    int64_t sum;

    do {
        if (!is_enough(room_beside(endpoint, taken), bytes, headroom) ||
            __builtin_add_overflow(taken, more, &sum)) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&endpoint->taken, &taken, sum));
    atomic_fetch_add(&endpoint->reserved, more);
    return true;
}

bool se__endpoint_reserve(se__endpoint *endpoint, int64_t bytes,
                          int64_t headroom)
{
    if (!se__endpoint_reserve_fitting(endpoint, bytes, headroom)) {
        return false;
    }
    atomic_fetch_add(&endpoint->in_flight, 1);
    return true;
}

/* Add what may be negative; the sum stays between 0 and INT64_MAX. */
static void add_clamped(atomic_int_fast64_t *value, int64_t delta)
{
    int64_t before = atomic_load(value);
    int64_t after;

    do {
        if (__builtin_add_overflow(before, delta, &after)) {
            after = INT64_MAX;
        } else if (after < 0) {
            after = 0;
        }
    } while (!atomic_compare_exchange_weak(value, &before, after));
}

void se__endpoint_reserve_more(se__endpoint *endpoint, int64_t bytes)
{
    if (bytes > 0) {
        add_clamped(&endpoint->taken, bytes);
        add_clamped(&endpoint->reserved, bytes);
    }
}

void se__endpoint_release(se__endpoint *endpoint, int64_t bytes, bool landed)
{
    if (bytes > 0) {
        add_clamped(landed ? &endpoint->landed_total : &endpoint->taken,
                    landed ? bytes : -bytes);
        add_clamped(&endpoint->reserved, -bytes);
    }
    atomic_fetch_sub(&endpoint->in_flight, 1);
}

int64_t se__endpoint_mark(const se__endpoint *endpoint)
{
    return atomic_load(&endpoint->landed_total);
}

/* ---- figures ---- */

static void set_figure_locked(se__endpoint *endpoint, const se__figure *figure)
{
    int64_t base = atomic_load(&endpoint->landed_base);

    atomic_store(&endpoint->total, figure->total);
    atomic_store(&endpoint->used, figure->used);
    atomic_store(&endpoint->available, figure->available);
    atomic_store(&endpoint->measured_ms, figure->began_ms);
    atomic_store(&endpoint->origin, figure->origin);
    if (figure->landed_mark > base) {
        atomic_store(&endpoint->landed_base, figure->landed_mark);
    }
}

/* Does the figure in use come from the element itself? */
static bool is_own_locked(const se__endpoint *endpoint)
{
    int origin = atomic_load(&endpoint->origin);

    return origin == SE_ORIGIN_POLL || origin == SE_ORIGIN_CACHE;
}

static void clear_full_locked(se__endpoint *endpoint, int64_t began_ms)
{
    int64_t refused = atomic_load(&endpoint->full_bytes);

    if (atomic_load(&endpoint->full_until_ms) != 0 &&
        began_ms >= atomic_load(&endpoint->full_since_ms) &&
        atomic_load(&endpoint->available) >= 0 &&
        se__endpoint_fits(endpoint, refused, 0)) {
        atomic_store(&endpoint->full_until_ms, 0);
    }
}

bool se__endpoint_figure(se__endpoint *endpoint, const se__figure *figure)
{
    bool newer;

    se__endpoint_table_lock(endpoint->table);
    newer = figure->began_ms >= atomic_load(&endpoint->measured_ms);
    if (newer) {
        set_figure_locked(endpoint, figure);
        clear_full_locked(endpoint, figure->began_ms);
    }
    se__endpoint_table_unlock(endpoint->table);
    return newer;
}

void se__endpoint_measured(se__endpoint *endpoint, const se__figure *figure)
{
    if (se__endpoint_figure(endpoint, figure)) {
        se__endpoint_answered(endpoint, figure->health, figure->began_ms);
    }
}

static se__figure figure_of_list_locked(const se__endpoint *endpoint,
                                        se_origin origin)
{
    int64_t capacity = endpoint->list_capacity;
    int64_t used = endpoint->list_used;
    se__figure figure = {
        .total = capacity,
        .used = used,
        .available = -1,
        .origin = origin,
        .began_ms = 0, /* nobody says when: older than any other */
        .landed_mark = endpoint->list_news_landed,
    };

    if (used >= 0) {
        figure.available = used < capacity ? capacity - used : 0;
    }
    return figure;
}

/* What came while the element's own figure was fresh is news once it is not,
 * unless the element was asked again since. */
static bool is_list_news_locked(const se__endpoint *endpoint, int64_t now_ms)
{
    int64_t measured = atomic_load(&endpoint->measured_ms);

    return endpoint->list_news_ms != 0 &&
           (!is_own_locked(endpoint) || (now_ms - measured >= OWN_FIGURE_MS &&
                                         endpoint->list_news_ms > measured));
}

static void take_list(se__endpoint *endpoint, se_origin origin,
                      int64_t capacity, int64_t used, int64_t now_ms)
{
    used = used < 0 ? -1 : used;
    if (capacity < 0) {
        return;
    }
    se__endpoint_table_lock(endpoint->table);
    if (capacity != endpoint->list_capacity || used != endpoint->list_used) {
        endpoint->list_capacity = capacity;
        endpoint->list_used = used;
        endpoint->list_news_ms = now_ms > 0 ? now_ms : 1;
        endpoint->list_news_landed = atomic_load(&endpoint->list_landed);
    }
    if (is_list_news_locked(endpoint, now_ms)) {
        se__figure figure = figure_of_list_locked(endpoint, origin);

        set_figure_locked(endpoint, &figure);
        endpoint->list_news_ms = 0;
    }
    atomic_store(&endpoint->list_landed, se__endpoint_mark(endpoint));
    se__endpoint_table_unlock(endpoint->table);
}

void se__endpoint_listed(se__endpoint *endpoint, int64_t capacity, int64_t used,
                         int64_t now_ms)
{
    take_list(endpoint, SE_ORIGIN_LIST, capacity, used, now_ms);
}

void se__endpoint_described(se__endpoint *endpoint, int64_t capacity,
                            int64_t used, int64_t now_ms)
{
    take_list(endpoint, SE_ORIGIN_ADMIN, capacity, used, now_ms);
}
