/*
 * Looking into replies.
 */
#include <hiredis/hiredis.h>

#include "wire/redis.h"

static const redisReply *inside(const se__redis_reply *reply)
{
    return (const redisReply *)reply;
}

void se__redis_reply_free(se__redis_reply *reply)
{
    if (reply) {
        freeReplyObject(reply);
    }
}

bool se__redis_is_nil(const se__redis_reply *reply)
{
    return !reply || inside(reply)->type == REDIS_REPLY_NIL;
}

const char *se__redis_string(const se__redis_reply *reply, size_t *length)
{
    if (!reply || (inside(reply)->type != REDIS_REPLY_STRING &&
                   inside(reply)->type != REDIS_REPLY_STATUS)) {
        return NULL;
    }
    if (length) {
        *length = inside(reply)->len;
    }
    return inside(reply)->str;
}

bool se__redis_integer(const se__redis_reply *reply, int64_t *value)
{
    if (!reply || inside(reply)->type != REDIS_REPLY_INTEGER) {
        return false;
    }
    *value = inside(reply)->integer;
    return true;
}

size_t se__redis_count(const se__redis_reply *reply)
{
    return reply && inside(reply)->type == REDIS_REPLY_ARRAY
               ? inside(reply)->elements
               : 0;
}

const se__redis_reply *se__redis_at(const se__redis_reply *reply, size_t index)
{
    return index < se__redis_count(reply)
               ? (const se__redis_reply *)inside(reply)->element[index]
               : NULL;
}

const char *se__redis_error(const se__redis_reply *reply)
{
    return reply && inside(reply)->type == REDIS_REPLY_ERROR
               ? inside(reply)->str
               : NULL;
}
