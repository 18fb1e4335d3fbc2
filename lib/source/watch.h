/*
 * The library's side of a running watch, as sources see it.
 */
#ifndef SE_SOURCE_WATCH_H
#define SE_SOURCE_WATCH_H

#include <artstore/source_ops.h>

/* Filled in by who runs the watch; its functions are called on its thread. */
struct se_watch {
    int fd; /* readable: return soon */
    void (*ready)(struct se_watch *watch);
    void (*changed)(struct se_watch *watch);
    void (*publish)(struct se_watch *watch, se_topology *topology);
};

#endif
