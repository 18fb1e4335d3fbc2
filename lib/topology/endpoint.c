/*
 * The life of endpoints, and the table that finds them by id.
 *
 * An endpoint leaves the table and is freed by whoever drops the last
 * reference. That step is taken under the table's lock, so that what is found
 * in the table is alive; all other references come and go without it.
 */
#include "topology/endpoint.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define FIRST_BUCKETS 64 /* a power of two */

#define PROBLEM_SIZE 256

#define DOWN_AFTER_MISSES 3
#define UP_AFTER_ANSWERS 2
#define DOWN_IS_NEWS_MS 10000

struct se__endpoint_table {
    atomic_int refs; /* the owner's, and one per endpoint */
    se__mutex lock;
    se__endpoint **buckets;
    size_t n_buckets;
    size_t count;
    atomic_uint_fast64_t turns; /* taken so far */

    atomic_int failures, recoveries, news_ms; /* se__health_rules */

    se__mutex listen_lock; /* held while the listener is told */
    se__probed_fn listener;
    void *listener_user;

    se__down_fn on_down; /* constant */
    void *on_down_user;
};

/* ---- the table ---- */

se__endpoint_table *se__endpoint_table_new(void)
{
    se__endpoint_table *table = se__zalloc(sizeof(*table));

    if (!table) {
        return NULL;
    }
    table->buckets = se__zalloc_array(FIRST_BUCKETS, sizeof(*table->buckets));
    if (!table->buckets) {
        free(table);
        return NULL;
    }
    table->n_buckets = FIRST_BUCKETS;
    atomic_init(&table->refs, 1);
    se__mutex_init(&table->lock);
    se__mutex_init(&table->listen_lock);
    se__endpoint_table_set_rules(table, &(se__health_rules){0, 0, 0});
    return table;
}

se__endpoint_table *se__endpoint_table_ref(se__endpoint_table *table)
{
    atomic_fetch_add(&table->refs, 1);
    return table;
}

void se__endpoint_table_unref(se__endpoint_table *table)
{
    if (!table || atomic_fetch_sub(&table->refs, 1) != 1) {
        return;
    }
    se__mutex_fini(&table->lock);
    se__mutex_fini(&table->listen_lock);
    free(table->buckets);
    free(table);
}

void se__endpoint_table_on_down(se__endpoint_table *table, se__down_fn fn,
                                void *user)
{
    table->on_down = fn;
    table->on_down_user = user;
}

void se__endpoint_table_tell_down(const se__endpoint_table *table, int64_t now)
{
    if (table->on_down) {
        table->on_down(table->on_down_user, now);
    }
}

void se__endpoint_table_lock(se__endpoint_table *table)
{
    se__mutex_lock(&table->lock);
}

void se__endpoint_table_unlock(se__endpoint_table *table)
{
    se__mutex_unlock(&table->lock);
}

static int given(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

void se__endpoint_table_set_rules(se__endpoint_table *table,
                                  const se__health_rules *rules)
{
    atomic_store(&table->failures, given(rules->failures, DOWN_AFTER_MISSES));
    atomic_store(&table->recoveries,
                 given(rules->recoveries, UP_AFTER_ANSWERS));
    atomic_store(&table->news_ms, given(rules->news_ms, DOWN_IS_NEWS_MS));
}

se__health_rules se__endpoint_rules(const se__endpoint *endpoint)
{
    const se__endpoint_table *table = endpoint->table;

    return (se__health_rules){
        .failures = atomic_load(&table->failures),
        .recoveries = atomic_load(&table->recoveries),
        .news_ms = atomic_load(&table->news_ms),
    };
}

void se__endpoint_table_listen(se__endpoint_table *table, se__probed_fn fn,
                               void *user)
{
    se__mutex_lock(&table->listen_lock);
    table->listener = fn;
    table->listener_user = user;
    se__mutex_unlock(&table->listen_lock);
}

void se__endpoint_table_tell(se__endpoint_table *table,
                             const struct se__probe *probe)
{
    se__mutex_lock(&table->listen_lock);
    if (table->listener) {
        table->listener(table->listener_user, probe);
    }
    se__mutex_unlock(&table->listen_lock);
}

/* FNV-1a */
static size_t bucket_of(const char *id, size_t n_buckets)
{
    uint32_t hash = 2166136261U;

    for (; *id; id++) {
        hash = (hash ^ (unsigned char)*id) * 16777619U;
    }
    return hash & (n_buckets - 1);
}

static se__endpoint *find_locked(se__endpoint_table *table, const char *id)
{
    se__endpoint *at = table->buckets[bucket_of(id, table->n_buckets)];

    while (at && strcmp(at->id, id) != 0) {
        at = at->next;
    }
    return at;
}

static void link_locked(se__endpoint **buckets, size_t n_buckets,
                        se__endpoint *endpoint)
{
    se__endpoint **bucket = &buckets[bucket_of(endpoint->id, n_buckets)];

    endpoint->next = *bucket;
    *bucket = endpoint;
}

/* Without memory for more buckets the chains just grow longer. */
static void grow_locked(se__endpoint_table *table)
{
    size_t n_buckets = 2 * table->n_buckets;
    se__endpoint **buckets;

    if (table->count < table->n_buckets) {
        return;
    }
    buckets = se__zalloc_array(n_buckets, sizeof(*buckets));
    if (!buckets) {
        return;
    }
    for (size_t i = 0; i < table->n_buckets; i++) {
        se__endpoint *next;

        for (se__endpoint *at = table->buckets[i]; at; at = next) {
            next = at->next;
            link_locked(buckets, n_buckets, at);
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->n_buckets = n_buckets;
}

static void unlink_locked(se__endpoint_table *table, se__endpoint *endpoint)
{
    se__endpoint **at =
        &table->buckets[bucket_of(endpoint->id, table->n_buckets)];

    while (*at != endpoint) {
        at = &(*at)->next;
    }
    *at = endpoint->next;
    table->count--;
}

/* ---- endpoints ---- */

/* What is not named here begins at zero. */
static se__endpoint *endpoint_new(const char *id)
{
    se__endpoint *endpoint = se__zalloc(sizeof(*endpoint));

    if (endpoint) {
        atomic_init(&endpoint->refs, 1);
        se__copy_text(endpoint->id, sizeof(endpoint->id), id);
        atomic_init(&endpoint->total, -1);
        atomic_init(&endpoint->used, -1);
        atomic_init(&endpoint->available, -1);
        endpoint->list_capacity = -1;
        endpoint->list_used = -1;
    }
    return endpoint;
}

se__endpoint *se__endpoint_get(se__endpoint_table *table, const char *id)
{
    se__endpoint *endpoint;

    se__mutex_lock(&table->lock);
    endpoint = find_locked(table, id);
    if (endpoint) {
        se__endpoint_ref(endpoint);
        goto done;
    }
    endpoint = endpoint_new(id);
    if (!endpoint) {
        goto done;
    }
    endpoint->table = se__endpoint_table_ref(table);
    grow_locked(table);
    link_locked(table->buckets, table->n_buckets, endpoint);
    table->count++;
done:
    se__mutex_unlock(&table->lock);
    return endpoint;
}

se__endpoint *se__endpoint_ref(se__endpoint *endpoint)
{
    atomic_fetch_add(&endpoint->refs, 1);
    return endpoint;
}

/* Drop a reference unless it is the last one. */
static bool drop_not_last(se__endpoint *endpoint)
{
    int refs = atomic_load(&endpoint->refs);

    while (refs > 1) {
        if (atomic_compare_exchange_weak(&endpoint->refs, &refs, refs - 1)) {
            return true;
        }
    }
    return false;
}

void se__endpoint_unref(se__endpoint *endpoint)
{
    se__endpoint_table *table;
    bool last;

    if (!endpoint || drop_not_last(endpoint)) {
        return;
    }
    table = endpoint->table;
    se__mutex_lock(&table->lock);
    /* Somebody may have found it in the meantime. */
    last = atomic_fetch_sub(&endpoint->refs, 1) == 1;
    if (last) {
        unlink_locked(table, endpoint);
    }
    se__mutex_unlock(&table->lock);
    if (last) {
        free(endpoint->problem);
        free(endpoint);
        se__endpoint_table_unref(table);
    }
}

/* Numbers are not used twice, so a turn that looks the same is the same. */
bool se__endpoint_take_turn(se__endpoint *endpoint, uint64_t seen)
{
    uint_fast64_t before = seen;
    uint64_t next = atomic_fetch_add(&endpoint->table->turns, 1) + 1;

    return atomic_compare_exchange_strong(&endpoint->turn, &before, next);
}

/* ---- what is wrong with it ---- */

void se__endpoint_set_problem(se__endpoint *endpoint, const char *problem)
{
    char line[PROBLEM_SIZE];
    char *copy = NULL;

    if (problem && problem[0]) {
        /* Others may have written it, in several lines. */
        se__clean_copy(line, sizeof(line), problem);
        copy = se__strdup(line);
        if (!copy) {
            return;
        }
    }
    se__mutex_lock(&endpoint->table->lock);
    free(endpoint->problem);
    endpoint->problem = copy;
    se__mutex_unlock(&endpoint->table->lock);
}

void se__endpoint_get_problem(se__endpoint *endpoint, char *out, size_t size)
{
    se__mutex_lock(&endpoint->table->lock);
    se__copy_text(out, size, endpoint->problem ? endpoint->problem : "");
    se__mutex_unlock(&endpoint->table->lock);
}
