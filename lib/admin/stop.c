/*
 * What ends a wait for the Admin Module before its time: a descriptor that
 * becomes readable. The loop watches it for as long as somebody waits.
 */
#include "admin/private.h"

#include <sys/epoll.h>

#include "base/clock.h"
#include "base/mem.h"

/* Whoever waits wakes up; the call that is under way ends. */
static void stop_now(se__watcher *watcher, uint32_t events)
{
    se__admin_wait *wait = SE__CONTAINER(watcher, se__admin_wait, watcher);
    se_admin *admin = wait->admin;

    (void)events;
    se__watcher_remove(admin->loop, watcher);
    wait->watches = false;
    se__mutex_lock(&admin->lock);
    wait->stopped = true;
    se__cond_broadcast(&admin->changed);
    se__mutex_unlock(&admin->lock);
    if (wait->call) {
        se__http_cancel(wait->call);
    }
}

/* Without the kernel's help it ends in its time. */
static void begin(se__task *task)
{
    se__admin_wait *wait = SE__CONTAINER(task, se__admin_wait, begin);

    wait->watches = se__watcher_add(wait->admin->loop, &wait->watcher);
}

static void end(se__task *task)
{
    se__admin_wait *wait = SE__CONTAINER(task, se__admin_wait, end);
    se_admin *admin = wait->admin;

    if (wait->watches) {
        se__watcher_remove(admin->loop, &wait->watcher);
    }
    se__mutex_lock(&admin->lock);
    wait->over = true;
    se__cond_broadcast(&admin->changed);
    se__mutex_unlock(&admin->lock);
}

void se__admin_wait_begin(se__admin_wait *wait, se_admin *admin, int stop_fd,
                          int64_t deadline_ms)
{
    *wait = (se__admin_wait){
        .admin = admin,
        .deadline_ms = deadline_ms,
        .begin = {.run = begin},
        .end = {.run = end},
        .watcher = {.ready = stop_now, .fd = stop_fd, .events = EPOLLIN},
        .over = true};
    /* Who asks without a thread to be had fails by itself. */
    if (stop_fd >= 0 && se__loop_start(admin->loop, NULL) == SE_OK) {
        wait->over = false;
        se__loop_post(admin->loop, &wait->begin);
    }
}

void se__admin_wait_end(se__admin_wait *wait)
{
    se_admin *admin = wait->admin;

    if (wait->over) {
        return;
    }
    se__loop_post(admin->loop, &wait->end);
    se__mutex_lock(&admin->lock);
    while (!wait->over) {
        se__cond_wait(&admin->changed, &admin->lock, SE__NEVER);
    }
    se__mutex_unlock(&admin->lock);
}
