#include "source/watch.h"

int se_watch_fd(const se_watch *watch)
{
    return watch->fd;
}

void se_watch_ready(se_watch *watch)
{
    watch->ready(watch);
}

void se_watch_changed(se_watch *watch)
{
    watch->changed(watch);
}

void se_watch_publish(se_watch *watch, se_topology *topology)
{
    watch->publish(watch, topology);
}
