/*
 * Writing what was measured: one script per element, many in a pipeline.
 */
#include "capacity/cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "capacity/float_text.h"

/* A clock that is ahead by less than that may be ours that is behind. */
#define FUTURE_GRACE_US 1000000

/*
 * KEYS: hash, word, set of edit, set of rw, lock. ARGV: 1 holder or "", 2 id,
 * 3 measured, 4 now, 5 life of the hash, 6 life of the word, 7 the word,
 * 8 priority, 9 mode of the set it belongs to or "", 10 "down" or "", 11 and
 * on: fields and values.
 */
static const char write_script[] =
    "if ARGV[1] ~= '' and redis.call('GET', KEYS[5]) ~= ARGV[1] then"
    " return -1 end\n"
    "local kind = redis.call('TYPE', KEYS[1]).ok\n"
    "if kind ~= 'hash' and kind ~= 'none' then"
    " redis.call('DEL', KEYS[1]) kind = 'none' end\n"
    "local seen = redis.call('HGET', KEYS[1], 'last_poll')\n"
    "if seen and seen > ARGV[3] and seen <= ARGV[4] and string.find(seen,"
    " '^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[%.%d]*%+00:00$') then"
    " return 0 end\n"
    "if ARGV[10] == 'down' and kind == 'hash' then"
    " redis.call('HSET', KEYS[1], 'health', 'unhealthy')"
    " else redis.call('HSET', KEYS[1], unpack(ARGV, 11)) end\n"
    "redis.call('EXPIRE', KEYS[1], ARGV[5])\n"
    "redis.call('SET', KEYS[2], ARGV[7], 'EX', ARGV[6])\n"
    "for i, mode in ipairs({'edit', 'rw'}) do\n"
    " if mode == ARGV[9] then"
    " redis.call('ZADD', KEYS[2 + i], ARGV[8], ARGV[2])"
    " redis.call('EXPIRE', KEYS[2 + i], ARGV[5])"
    " else redis.call('ZREM', KEYS[2 + i], ARGV[2]) end\n"
    "end\n"
    "return 1";

static const char forget_script[] =
    "if ARGV[1] ~= '' and redis.call('GET', KEYS[5]) ~= ARGV[1] then"
    " return -1 end\n"
    "redis.call('DEL', KEYS[1], KEYS[2])\n"
    "redis.call('ZREM', KEYS[3], ARGV[2])\n"
    "redis.call('ZREM', KEYS[4], ARGV[2])\n"
    "return 1";

#define N_KEYS "5"
#define N_FIELDS 12
#define N_WORDS (3 + 5 + 10 + 2 * N_FIELDS)

/* ---- a command in the making ---- */

typedef struct command {
    const char *words[N_WORDS];
    int count;
    char hash_key[SE__CACHE_KEY_SIZE];
    char word_key[SE__CACHE_KEY_SIZE];
    char numbers[7][24];
    int n_numbers;
    char percent[SE__FLOAT_TEXT_SIZE];
    char measured[SE__RFC3339_OFFSET_SIZE];
    char now[SE__RFC3339_OFFSET_SIZE];
    char word[SE_MESSAGE_SIZE];
} command;

static void add(command *c, const char *word)
{
    c->words[c->count++] = word;
}

static void add_number(command *c, int64_t value)
{
    char *text = c->numbers[c->n_numbers++];

    snprintf(text, sizeof(c->numbers[0]), "%" PRId64, value);
    add(c, text);
}

static void add_field(command *c, const char *name, const char *value)
{
    add(c, name);
    add(c, value);
}

static void begin(command *c, const char *script, const char *id,
                  const se__cache_terms *terms)
{
    c->count = 0;
    c->n_numbers = 0;
    snprintf(c->hash_key, sizeof(c->hash_key), SE__CACHE_PREFIX "%s", id);
    snprintf(c->word_key, sizeof(c->word_key), SE__HEALTH_PREFIX "%s", id);
    add(c, "EVAL");
    add(c, script);
    add(c, N_KEYS);
    add(c, c->hash_key);
    add(c, c->word_key);
    add(c, SE__EDIT_SET);
    add(c, SE__RW_SET);
    add(c, terms->lock_key);
    add(c, terms->holder ? terms->holder : "");
    add(c, id);
}

/* ---- the twelve fields ---- */

static const char *or_unknown(const char *text)
{
    return text[0] ? text : "unknown";
}

static double percent_of(const se__capacity_reply *reply)
{
    if (reply->percent_used >= 0) {
        return reply->percent_used;
    }
    /* As elements round it: to two digits. */
    if (reply->total > 0 && reply->used >= 0) {
        return (double)(int64_t)(1e4 * (double)reply->used /
                                     (double)reply->total +
                                 0.5) /
               100;
    }
    return 0;
}

static void add_bytes(command *c, const char *name, int64_t value)
{
    add(c, name);
    add_number(c, value < 0 ? 0 : value);
}

static void add_fields(command *c, const se__cache_write *write,
                       const se__capacity_reply *reply)
{
    se__float_text(c->percent, sizeof(c->percent), percent_of(reply));
    add_field(c, "storage_id",
              reply->storage_id[0] ? reply->storage_id : write->id);
    add_field(c, "mode", or_unknown(reply->mode));
    add_bytes(c, "total", reply->total);
    add_bytes(c, "used", reply->used);
    add_bytes(c, "available", reply->available);
    add_field(c, "percent_used", c->percent);
    add_field(c, "health", se_health_name(write->health));
    add_field(c, "backend", or_unknown(reply->backend));
    add_field(c, "location", or_unknown(reply->location));
    add_field(c, "last_update", reply->last_update);
    add_field(c, "last_poll", c->measured);
    add_field(c, "endpoint", write->url);
}

/* The set that it belongs to, by its own mode, as long as it is healthy. */
static const char *set_of(const se__cache_write *write,
                          const se__capacity_reply *reply)
{
    return write->health == SE_HEALTH_HEALTHY ? reply->mode : "";
}

/* What is written of one that never answered. */
static se__capacity_reply nothing_of(const se__cache_write *write)
{
    se__capacity_reply reply = {.total = 0};

    se__copy_text(reply.mode, sizeof(reply.mode), se_mode_name(write->mode));
    return reply;
}

se_err se__cache_append_write(se__redis *redis, const se__cache_write *write,
                              const se__cache_terms *terms, se_error *err)
{
    bool down = write->reply == NULL;
    se__capacity_reply reply = down ? nothing_of(write) : *write->reply;
    command c;

    begin(&c, write_script, write->id, terms);
    se__format_rfc3339_offset(c.measured, sizeof(c.measured),
                              write->measured_us);
    se__format_rfc3339_offset(c.now, sizeof(c.now),
                              write->now_us + FUTURE_GRACE_US);
    snprintf(c.word, sizeof(c.word), "%s%s%s", se_health_name(write->health),
             down ? ": " : "", down ? write->problem : "");
    add(&c, c.measured);
    add(&c, c.now);
    add_number(&c, terms->cache_ttl_s);
    add_number(&c, terms->health_ttl_s);
    add(&c, c.word);
    add_number(&c, write->priority);
    add(&c, set_of(write, &reply));
    add(&c, down ? "down" : "");
    add_fields(&c, write, &reply);
    return se__redis_append(redis, c.count, c.words, NULL, err);
}

se_err se__cache_append_forget(se__redis *redis, const char *id,
                               const se__cache_terms *terms, se_error *err)
{
    command c;

    begin(&c, forget_script, id, terms);
    return se__redis_append(redis, c.count, c.words, NULL, err);
}
