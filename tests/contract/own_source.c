/*
 * A source as a program brings it: written with public headers alone.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <artstore/source.h>
#include <artstore/source_ops.h>

#include "rows.h"

/* Where the list comes from: a text that somebody else writes. */
typedef struct billboard {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    char *text; /* NULL: taken down */
    int hidden;
    int freed;
} billboard;

static se_err fail(se_error *err, se_err code, const char *message)
{
    err->code = code;
    err->http_status = 0;
    err->os_errno = 0;
    err->se_id[0] = '\0';
    snprintf(err->message, sizeof(err->message), "%s", message);
    return code;
}

static int wait_visible_locked(billboard *board, int timeout_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (board->hidden) {
        if (pthread_cond_timedwait(&board->moved, &board->lock, &until) ==
            ETIMEDOUT) {
            return 0;
        }
    }
    return 1;
}

static se_err board_fetch(void *self, int timeout_ms, se_topology **out,
                          se_error *err)
{
    billboard *board = self;
    se_err rc;

    pthread_mutex_lock(&board->lock);
    if (!wait_visible_locked(board, timeout_ms)) {
        rc = fail(err, SE_E_TIMEOUT, "the billboard cannot be seen");
    } else if (board->text == NULL) {
        rc = fail(err, SE_E_SOURCE, "the billboard was taken down");
    } else {
        rc = se_topology_parse(board->text, strlen(board->text), out, err);
    }
    pthread_mutex_unlock(&board->lock);
    return rc;
}

static void board_free(void *self)
{
    billboard *board = self;

    board->freed++;
}

static void *board_make(void)
{
    billboard *board = calloc(1, sizeof(*board));

    if (board != NULL) {
        pthread_mutex_init(&board->lock, NULL);
        pthread_cond_init(&board->moved, NULL);
    }
    return board;
}

static se_source *board_open(void *world)
{
    static se_source_ops ops = SE_SOURCE_OPS_INIT;
    se_source *source = NULL;

    ops.name = "billboard";
    ops.fetch = board_fetch;
    ops.free = board_free;
    return se_source_new(&ops, world, &source, NULL) == SE_OK ? source : NULL;
}

/* text: taken */
static void board_write(billboard *board, char *text, int hidden)
{
    pthread_mutex_lock(&board->lock);
    free(board->text);
    board->text = text;
    board->hidden = hidden;
    pthread_cond_broadcast(&board->moved);
    pthread_mutex_unlock(&board->lock);
}

static void board_set_list(void *world, const se_topology *list)
{
    char *text = NULL;

    if (se_topology_print(list, &text, NULL) == SE_OK) {
        board_write(world, strdup(text), 0);
    }
    se_free(text);
}

static void board_set_failing(void *world)
{
    board_write(world, NULL, 0);
}

static void board_set_garbage(void *world)
{
    board_write(world, strdup("{\"storage_elements\":[{]}"), 0);
}

static void board_set_hanging(void *world)
{
    board_write(world, NULL, 1);
}

static int board_freed(void *world)
{
    billboard *board = world;

    return board->freed;
}

static void board_destroy(void *world)
{
    billboard *board = world;

    pthread_cond_destroy(&board->moved);
    pthread_mutex_destroy(&board->lock);
    free(board->text);
    free(board);
}

const contract_row own_row = {
    .label = "billboard",
    .make = board_make,
    .open = board_open,
    .set_list = board_set_list,
    .set_failing = board_set_failing,
    .set_garbage = board_set_garbage,
    .set_hanging = board_set_hanging,
    .freed = board_freed,
    .destroy = board_destroy,
};
