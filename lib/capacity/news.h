/*
 * What the loops learn and the monitor's thread has to write down.
 *
 * Bounded: while Redis is away news is only what is newest, and the next poll
 * brings more of it.
 */
#ifndef SE_CAPACITY_NEWS_H
#define SE_CAPACITY_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capacity/probe.h"

typedef enum se__news_kind {
    SE__NEWS_FIGURE, /* it answered */
    SE__NEWS_DOWN,   /* it did not, and is down */
    SE__NEWS_LEFT    /* it takes no files any more */
} se__news_kind;

typedef struct se__news {
    struct se__news *next;
    se__news_kind kind;
    se__endpoint *endpoint; /* reference */
    int64_t began_ms;       /* of the question */
    bool scheduled;         /* asked because we poll; else by chance */
    se__capacity_reply reply;
    char problem[SE__PROBLEM_SIZE];
} se__news;

#define SE__NEWS_MAX 20000

typedef struct se__news_list {
    se__news *head, *tail;
    size_t count;
} se__news_list;

/* probe is NULL for LEFT. NULL: out of memory. */
se__news *se__news_new(se__news_kind kind, se__endpoint *endpoint,
                       const se__probe *probe);
void se__news_free(se__news *news);
/* Takes it; a list that is full drops it. */
void se__news_push(se__news_list *list, se__news *news);
void se__news_clear(se__news_list *list);

#endif
