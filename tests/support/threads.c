#include "threads.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static bool is_ours(const char *id)
{
    char path[300];
    char name[4] = "";
    FILE *comm;
    bool ours;

    snprintf(path, sizeof(path), "/proc/self/task/%s/comm", id);
    comm = fopen(path, "re");
    if (comm == NULL) {
        return false; /* gone, or no thread */
    }
    ours = fgets(name, sizeof(name), comm) && strcmp(name, "se-") == 0;
    fclose(comm);
    return ours;
}

int threads_count(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    int n = 0;

    if (tasks == NULL) {
        return -1;
    }
    while ((task = readdir(tasks)) != NULL) {
        n += is_ours(task->d_name);
    }
    closedir(tasks);
    return n;
}

bool threads_become(int n)
{
    int64_t until = se__now_ms() + 10000;

    while (threads_count() != n) {
        if (se__now_ms() > until) {
            return false;
        }
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return true;
}
