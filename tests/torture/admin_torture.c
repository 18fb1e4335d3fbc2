/*
 * Tokens and lists of an Admin Module while memory runs out: every call says
 * so, nothing leaks, and the next call works. The Admin Module itself is
 * another process, with memory of its own.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failnth.h"
#include "sandbox.h"

#include "admin/admin.h"
#include "source/source.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

#define PATIENCE_MS 20000
/* libcurl forgets a transfer for which it finds no memory: it ends by time. */
#define SHORT_MS 50

static char url[64];
static int timeout_ms = PATIENCE_MS; /* of one answer */

/* Also as what the system and libcurl make of it. */
static bool is_shortage(se_err rc)
{
    return rc == SE_E_NOMEM || rc == SE_E_SYSTEM || rc == SE_E_CONNECT ||
           rc == SE_E_PROTOCOL || rc == SE_E_TIMEOUT || rc == SE_E_LIMIT;
}

static se_err open_admin(se_admin **admin, se_error *err)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;

    options.url = url;
    options.client_id = "id";
    options.client_secret = "secret";
    options.timeout_ms = timeout_ms;
    return se_admin_open(admin, &options, err);
}

static se_err fetch(se_admin *admin, se_error *err)
{
    se_source *source = NULL;
    se_topology *got = NULL;
    se_err rc = se_source_admin(admin, &source, err);

    if (rc == SE_OK) {
        rc = se__source_fetch(source, PATIENCE_MS, &got, err);
    }
    se_topology_unref(got);
    se_source_free(source);
    return rc;
}

static const char *use_admin(bool *ok)
{
    se_admin *admin = NULL;
    se__admin_figures found = {.total = -7};
    se_error err = SE_ERROR_INIT;
    se_err rc = open_admin(&admin, &err);

    MUST((rc == SE_OK) == (admin != NULL));
    if (rc == SE_OK) {
        rc = fetch(admin, &err);
    }
    if (rc == SE_OK) {
        rc = se__admin_capacity(admin, "se-01", PATIENCE_MS, &found, &err);
        MUST((rc == SE_OK) == (found.total != -7));
    }
    se_admin_close(admin);
    *ok = rc == SE_OK;
    if (!*ok && !is_shortage(rc)) {
        fprintf(stderr, "%s: %s\n", se_err_name(rc), err.message);
    }
    MUST(*ok || (is_shortage(rc) && err.code == rc));
    return NULL;
}

static bool judge(const char *wrong, const char *when)
{
    if (wrong) {
        fprintf(stderr, "%s: not %s\n", when, wrong);
    }
    return !wrong;
}

/* Before, what others allocate once and keep; afterwards, everything again. */
static bool torture(void)
{
    const char *wrong;
    bool ok = true;
    bool good = judge(use_admin(&ok), "before") && ok;

    timeout_ms = SHORT_MS;
    failnth_arm();
    wrong = use_admin(&ok);
    failnth_disarm();
    timeout_ms = PATIENCE_MS;
    good = judge(wrong, "meanwhile") && good;
    ok = true;
    return judge(use_admin(&ok), "afterwards") && ok && good;
}

/* Never returns: ends with its parent, which holds the other end. */
static void serve(int out, int until)
{
    static const sandbox_element element = {"se-01", "edit", 100, 0};
    char dir[] = "/tmp/torture-XXXXXX";
    sandbox_options options = {.elements = &element,
                               .n_elements = 1,
                               .discard = true,
                               .admin = true,
                               .client_id = "id",
                               .client_secret = "secret"};
    sandbox *served;
    char truth[64];
    char byte;

    options.dir = mkdtemp(dir);
    served = options.dir ? sandbox_start(&options) : NULL;
    if (served) {
        dprintf(out, "%s", sandbox_url(served, "admin"));
        close(out);
        while (read(until, &byte, 1) > 0) {
        }
        sandbox_stop(served);
    }
    snprintf(truth, sizeof(truth), "%s/truth.jsonl", dir);
    unlink(truth);
    rmdir(dir);
    _exit(served ? 0 : 1);
}

static bool start_admin(pid_t *pid, int *hold)
{
    int told[2], until[2];
    ssize_t n;

    if (pipe(told) != 0 || pipe(until) != 0) {
        return false;
    }
    *pid = fork();
    if (*pid == 0) {
        close(told[0]);
        close(until[1]);
        serve(told[1], until[0]);
    }
    close(told[1]);
    close(until[0]);
    n = read(told[0], url, sizeof(url) - 1);
    close(told[0]);
    *hold = until[1];
    return n > 0;
}

int main(void)
{
    pid_t pid = -1;
    int hold = -1;
    bool good = start_admin(&pid, &hold) && torture();

    close(hold);
    return !(waitpid(pid, NULL, 0) == pid && good);
}
