/*
 * The doctor's look at what uploads are authorised by.
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *problem_of_token(const char *path, const char **advice)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0) {
        *advice = "name a file that this user may read with --token-file";
        return strerror(errno);
    }
    if (fstat(fd, &status) != 0) {
        status.st_mode = 0;
    }
    close(fd);
    if (!S_ISREG(status.st_mode)) {
        *advice = "name a regular file with --token-file";
        return "no regular file";
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        *advice = "chmod 600 it";
        return "others may read it";
    }
    if (status.st_size == 0) {
        *advice = "put the token into it";
        return "it is empty";
    }
    return NULL;
}

static void try_file(doctor *d, const char *path)
{
    const char *advice = NULL;
    const char *problem = problem_of_token(path, &advice);
    char item[PATH_MAX + 16];

    snprintf(item, sizeof(item), "token %s", path);
    d->misconfigured |=
        !doctor_say(d, item, !problem,
                    problem ? problem : "only this user may read it", advice);
}

static void try_account(doctor *d, se_admin *admin)
{
    se_error err = SE_ERROR_INIT;
    int timeout_ms = (int)d->options->deadline_ms;

    if (se_admin_check_token(admin, timeout_ms, &err) == SE_OK) {
        doctor_say(d, "token", true, "the Admin Module gives one", NULL);
    } else if (err.code == SE_E_AUTH) {
        d->token_refused |= !doctor_say(d, "token", false, err.message,
                                        "check SERVICE_ACCOUNT_CLIENT_ID and "
                                        "SERVICE_ACCOUNT_CLIENT_SECRET");
    } else {
        d->is_down |= !doctor_say(d, "token", false, err.message,
                                  "uploads go without Authorization until the "
                                  "Admin Module answers");
    }
}

void doctor_token(doctor *d)
{
    const se_options *library = &d->session.library;
    se_admin *admin = se_ingest_admin(d->session.ingest);

    if (library->token_file) {
        try_file(d, library->token_file);
    } else if (!library->client_id) {
        doctor_say(d, "token", true,
                   "none is configured; uploads go without Authorization",
                   NULL);
    } else if (!admin) {
        d->misconfigured |= !doctor_say(
            d, "token", false, "an account, but no Admin Module to ask",
            "name it as a source or in SERVICE_ACCOUNT_ADMIN_MODULE_URL");
    } else {
        try_account(d, admin);
    }
}
