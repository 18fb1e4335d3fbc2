/*
 * A registry that is kept current from a real Redis, and behind it from a file.
 */
#ifndef TEST_LIVE_KIT_H
#define TEST_LIVE_KIT_H

#include <check.h>
#include <time.h>

#include <artstore/registry.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"
#include "logbook.h"
#include "redis_server.h"
#include "suite.h"

typedef struct live {
    redis_server *server;
    char dir[64];      /* for everything */
    char document[96]; /* of the file source; not there at first */
    logbook book;
    se_registry *registry;
} live;

/* A server and a place for files; then a registry over a URL, NULL: that of the
 * server. The file is a source only if `file` says so. Not started. */
void live_begin(live *l);
void live_open(live *l, const char *redis_url, bool file,
               const se_registry_options *options);
/* Options that do not keep a test waiting: no period, short retries. */
se_registry_options live_options(void);
void live_end(live *l);

/* The key, and no word of it. */
void live_set(live *l, const char *line);
void live_set_list(live *l, const se_topology *list);
void live_write_file(live *l, const char *line);
/* One of the two messages, nothing else. */
void live_push(live *l, const se_topology *list);
void live_notify(live *l);

bool live_in_force(live *l, const char *line);
bool live_is(live *l, const se_topology *list);
se_registry_status live_status(live *l);

#define LIVE_WAIT_FOR(condition)                                               \
    do {                                                                       \
        int64_t until_ = se__now_ms() + 15000;                                 \
        while (!(condition) && se__now_ms() < until_) {                        \
            nanosleep(&(struct timespec){0, 1000000}, NULL);                   \
        }                                                                      \
        ck_assert_msg(condition, "never became true: " #condition);            \
    } while (0)

typedef test_row live_row;
int live_run(const char *name, const live_row *rows, size_t n,
             void (*tear_down)(void));

#endif
