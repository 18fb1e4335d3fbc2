/* A source that reads from a real Redis. */
#include <check.h>
#include <stdlib.h>

#include "redis_server.h"
#include "rows.h"

typedef struct redis_world {
    redis_server *server;
    bool frozen;
} redis_world;

static void *redis_make(void)
{
    redis_world *world = calloc(1, sizeof(*world));

    ck_assert_ptr_nonnull(world);
    world->server = redis_server_start(NULL);
    return world;
}

static se_source *redis_open(void *world)
{
    redis_world *redis = world;
    se_source *source = NULL;

    ck_assert_int_eq(
        se_source_open(redis_server_url(redis->server), &source, NULL), SE_OK);
    return source;
}

static void thaw(redis_world *redis)
{
    if (redis->frozen) {
        redis_server_thaw(redis->server);
        redis->frozen = false;
    }
}

static void redis_set_list(void *world, const se_topology *list)
{
    redis_world *redis = world;
    char *text = NULL;

    thaw(redis);
    ck_assert_int_eq(se_topology_print(list, &text, NULL), SE_OK);
    REDIS_ORDER(redis->server, "SET", SE_REDIS_KEY, text);
    se_free(text);
}

static void redis_set_failing(void *world)
{
    redis_world *redis = world;

    thaw(redis);
    REDIS_ORDER(redis->server, "DEL", SE_REDIS_KEY);
}

static void redis_set_garbage(void *world)
{
    redis_world *redis = world;

    thaw(redis);
    REDIS_ORDER(redis->server, "SET", SE_REDIS_KEY, "<html>Bad Gateway</html>");
}

static void redis_set_hanging(void *world)
{
    redis_world *redis = world;

    redis_server_freeze(redis->server);
    redis->frozen = true;
}

static void redis_destroy(void *world)
{
    redis_world *redis = world;

    redis_server_stop(redis->server);
    free(redis);
}

const contract_row redis_row = {
    .label = "redis",
    .make = redis_make,
    .open = redis_open,
    .set_list = redis_set_list,
    .set_failing = redis_set_failing,
    .set_garbage = redis_set_garbage,
    .set_hanging = redis_set_hanging,
    .destroy = redis_destroy,
};
