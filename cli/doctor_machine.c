/*
 * The doctor's look at this machine: the folder for what must survive, the
 * clock.
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- state ---- */

/* Can a file be made there? Nothing stays behind. */
static int try_folder(const char *path)
{
    char name[PATH_MAX];
    int fd;

    if (snprintf(name, sizeof(name), "%s/.doctor-XXXXXX", path) >=
        (int)sizeof(name)) {
        return ENAMETOOLONG;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    unlink(name);
    close(fd);
    return 0;
}

/* The folder, or the nearest one above it, in which it would be made. */
static int try_state_dir(const char *path, bool *exists)
{
    char at[PATH_MAX];
    struct stat status;
    char *slash;

    if (snprintf(at, sizeof(at), "%s", path) >= (int)sizeof(at)) {
        return ENAMETOOLONG;
    }
    *exists = stat(at, &status) == 0;
    while (stat(at, &status) != 0) {
        slash = strrchr(at, '/');
        if (errno != ENOENT || !slash) {
            return errno;
        }
        slash[slash == at] = '\0';
    }
    return S_ISDIR(status.st_mode) ? try_folder(at) : ENOTDIR;
}

void doctor_state_dir(doctor *d)
{
    const char *path = d->session.library.state_dir;
    char item[PATH_MAX + 24];
    bool exists = false;
    int problem;

    if (!path) {
        return;
    }
    snprintf(item, sizeof(item), "state directory %s", path);
    problem = try_state_dir(path, &exists);
    d->misconfigured |= !doctor_say(
        d, item, problem == 0,
        problem  ? strerror(problem)
        : exists ? "can be written"
                 : "will be made at first need",
        "uploads work without it, but nothing is remembered; name another one "
        "with --state-dir");
}

/* ---- clock ---- */

#define AHEAD_S 300

/* Seconds that the list is ahead of this clock; 0: not, or nobody can tell. */
static long ahead_by(const char *timestamp)
{
    struct tm utc = {0};
    time_t published;
    time_t now = time(NULL);

    if (!strptime(timestamp, "%Y-%m-%dT%H:%M:%S", &utc)) {
        return 0;
    }
    published = timegm(&utc);
    return published > now + AHEAD_S ? (long)(published - now) : 0;
}

/* Tokens and certificates are good for a time; theirs and ours should agree. */
void doctor_clock(doctor *d)
{
    long ahead = ahead_by(d->timestamp);
    time_t now = time(NULL);
    struct tm utc;
    char message[120] = "";

    if (ahead > 0) {
        snprintf(message, sizeof(message),
                 "the list was published %ld s after what this clock says",
                 ahead);
    } else if (gmtime_r(&now, &utc)) {
        strftime(message, sizeof(message), "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    d->misconfigured |=
        !doctor_say(d, "clock", ahead == 0, message,
                    "set this machine's clock, or that of the publisher");
}
