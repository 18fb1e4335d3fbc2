/*
 * A registry over two scripted sources, for the tests of this folder: "watched"
 * and behind it "admin_module", which has no list at first.
 */
#ifndef TEST_REGISTRY_KIT_H
#define TEST_REGISTRY_KIT_H

#include <check.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"
#include "logbook.h"
#include "registry/state.h"
#include "scripted.h"
#include "suite.h"

typedef struct kit {
    logbook book;
    scripted first;
    scripted second;
    se_metrics *metrics;
    se_registry *registry;
    char dir[64]; /* of state; made at first need, removed at the end */
} kit;

/* options may be NULL; log, metrics and timeouts are the kit's. */
void kit_open(kit *k, const se_registry_options *options);
/* A directory for options.state_dir. */
const char *kit_dir(kit *k);
/* The file there whose name begins so: the list's is "topology-". */
#define KIT_PATH 160
void kit_path(const kit *k, const char *beginning, char path[KIT_PATH]);
void kit_start(kit *k);
void kit_close_registry(kit *k);
void kit_close(kit *k);

se_err kit_reload(kit *k);
bool kit_in_force(kit *k, const char *line);
/* The line of a metric stands in the output. */
bool kit_counts(kit *k, const char *line);
se_registry_status kit_status(kit *k);

/* Wait for something that becomes true by itself. */
#define KIT_WAIT_FOR(condition)                                                \
    do {                                                                       \
        int64_t until_ = se__now_ms() + 10000;                                 \
        while (!(condition) && se__now_ms() < until_) {                        \
            nanosleep(&(struct timespec){0, 1000000}, NULL);                   \
        }                                                                      \
        ck_assert_msg(condition, "never became true: " #condition);            \
    } while (0)

/* Tests with a fixture that runs before and after each of them. */
typedef test_row kit_row;
int kit_run(const char *name, const kit_row *rows, size_t n,
            void (*tear_down)(void));

#endif
