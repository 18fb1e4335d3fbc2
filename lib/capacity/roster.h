/*
 * The elements under watch, and when each is asked.
 *
 * Design notes. All of it happens on one loop. Every element has a timer of its
 * own, so that a poll costs O(log n) and nothing is looked through in between.
 * When the timer fires the element joins a line, from which it is taken as soon
 * as fewer than `parallel` questions are under way: first what somebody asked
 * for, then what is due, then suspects, and of those at most half of all: dead
 * elements, which hold a place until their time is over, delay the dead. A
 * timer stays set while its element is being asked, so that setting it again
 * needs no memory.
 *
 * Elements that take no files stay in the roster, but are asked only on
 * request. Other threads post one task, which looks at everything that may have
 * changed: the list in force, whether to poll at all, what was asked for.
 */
#ifndef SE_CAPACITY_ROSTER_H
#define SE_CAPACITY_ROSTER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/thread.h"
#include "capacity/probe.h"
#include "capacity/schedule.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "registry/registry.h"
#include "wire/http.h"
#include "wire/loop.h"

typedef struct se__watched se__watched;
typedef struct se__poll se__poll;
typedef struct se__request se__request;

typedef enum se__line {
    SE__LINE_ASKED, /* somebody wants to know now */
    SE__LINE_DUE,
    SE__LINE_SUSPECT,
    SE__LINES,
    SE__LINE_NONE = SE__LINES
} se__line;

/* Loop thread; keep it short. */
typedef struct se__roster_hooks {
    void *user;
    /* It was asked, and is down. */
    void (*down)(void *user, const se__probe *probe, se__endpoint *endpoint);
    /* It takes no files any more, or is gone. */
    void (*left)(void *user, se__endpoint *endpoint);
} se__roster_hooks;

typedef struct se__roster {
    /* set before it starts */
    se_registry *registry;
    se__schedule schedule;
    se__roster_hooks hooks;
    int timeout_ms;
    int parallel;
    const char *ca_file;
    bool https_only;
    se_metrics *metrics;
    se__log log;

    se__loop *loop;
    se__http *http;
    se__task adjust, shutdown;
    atomic_bool wanted;  /* to poll */
    atomic_bool starved; /* memory was short: it has to look again */
    se__mutex lock;      /* for: */
    se__request *requests;

    /* loop thread */
    se_topology *topology; /* NULL: none yet */
    se__watched **by_id;
    size_t count;
    bool polling;
    struct {
        se__watched *head, *tail;
    } lines[SE__LINES];
    se__poll *polls, *free_polls;
    int suspects; /* being asked */
} se__roster;

/* Only such elements are polled and shared. */
bool se__roster_takes_files(const se_element *element);

void se__roster_init(se__roster *roster);
void se__roster_fini(se__roster *roster);
/* A loop with its thread; end it with close. */
se_err se__roster_open(se__roster *roster, se_error *err);
/* Ends all questions; none of its hooks is called any more. */
void se__roster_close(se__roster *roster);

/* Any thread: */
void se__roster_poll(se__roster *roster, bool on);
void se__roster_changed(se__roster *roster); /* another list is in force */
/* Memory was short: say se__roster_changed() again after a while. */
bool se__roster_is_starved(const se__roster *roster);
se_err se__roster_ask(se__roster *roster, const char *id, se_error *err);

#endif
