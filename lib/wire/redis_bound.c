/*
 * What a reply may be: checked by functions of ours that the parser calls
 * before it makes an object.
 */
#include "wire/redis_private.h"

static void *refuse(se__redis *redis, se_err code, const char *why)
{
    redis->refused = why;
    redis->refused_as = code;
    return NULL;
}

static int depth_of(const redisReadTask *task)
{
    int depth = 1;

    while (task->parent && depth <= SE__REDIS_MAX_DEPTH) {
        task = task->parent;
        depth++;
    }
    return depth;
}

/*
 * Twelve bytes can announce a hundred million elements, for which hiredis
 * would allocate at once; and it frees nested arrays by recursion.
 */
static void *bounded_array(const redisReadTask *task, se__redis_size n)
{
    se__redis *redis = task->privdata;
    size_t count = n > 0 ? (size_t)n : 0;

    if (count > SE__REDIS_MAX_ELEMENTS - redis->reply_elements) {
        return refuse(redis, SE_E_LIMIT, "the reply has too many elements");
    }
    if (depth_of(task) > SE__REDIS_MAX_DEPTH) {
        return refuse(redis, SE_E_LIMIT, "the reply is nested too deeply");
    }
    redis->reply_elements += count;
    return redis->create_array(task, n);
}

/* All that becomes text lies in the parser's buffer with its line end, which
 * 0.14 skips without a look. */
static void *bounded_string(const redisReadTask *task, char *text, size_t n)
{
    se__redis *redis = task->privdata;

    if (text[n] != '\r' || text[n + 1] != '\n') {
        return refuse(redis, SE_E_PROTOCOL,
                      "the reply does not end where it says");
    }
    return redis->create_string(task, text, n);
}

void se__redis_bound(se__redis *redis)
{
    redisReader *reader = redis->context->reader;

    redis->functions = *reader->fn;
    redis->create_array = redis->functions.createArray;
    redis->create_string = redis->functions.createString;
    redis->functions.createArray = bounded_array;
    redis->functions.createString = bounded_string;
    reader->fn = &redis->functions;
    reader->privdata = redis;
}
