/*
 * Finding the server and connecting to it.
 */
#include "source/redis_link.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define MASTER_SIZE 256

static se_err named(se_err code, const se__redis_host *host,
                    const se_error *why, se_error *err)
{
    return se__fail(err, code, "%s:%d: %s", host->name, host->port,
                    why->message);
}

static se_err link_to(const se__redis_url *url, const se__redis_host *host,
                      const char *password, const char *ca_file, int stop_fd,
                      int64_t deadline_ms, se__redis **out, se_error *err)
{
    se__redis_target target = {
        .host = host->name,
        .port = host->port,
        .database = url->database,
        .user = url->user,
        .password = password,
        .tls = url->tls,
        .ca_file = ca_file,
        .stop_fd = stop_fd,
    };
    se_error why = SE_ERROR_INIT;
    se_err rc = se__redis_connect(&target, deadline_ms, out, &why);

    return rc == SE_OK ? SE_OK : named(rc, host, &why, err);
}

/* ---- sentinels ---- */

static se_err read_master(const se__redis_reply *reply, const char *asked,
                          char *name, se__redis_host *master, se_error *err)
{
    const char *host = se__redis_string(se__redis_at(reply, 0), NULL);
    const char *port = se__redis_string(se__redis_at(reply, 1), NULL);
    int64_t number;

    if (!host || !port || !se__parse_int64(port, strlen(port), &number) ||
        number < 1 || number > 65535 || strlen(host) >= MASTER_SIZE) {
        return se__fail(err, SE_E_PROTOCOL, "the sentinel knows no master %s",
                        asked);
    }
    se__copy_text(name, MASTER_SIZE, host);
    master->name = name;
    master->port = (int)number;
    return SE_OK;
}

static se_err ask_sentinel(const se__redis_url *url,
                           const se__redis_host *sentinel, int stop_fd,
                           int64_t deadline_ms, char *name,
                           se__redis_host *master, se_error *err)
{
    const char *const question[] = {"SENTINEL", "get-master-addr-by-name",
                                    url->master};
    se__redis_target target = {
        .host = sentinel->name, .port = sentinel->port, .stop_fd = stop_fd};
    se__redis *redis = NULL;
    se__redis_reply *reply = NULL;
    se_error why = SE_ERROR_INIT;
    se_err rc = se__redis_connect(&target, deadline_ms, &redis, &why);

    if (rc == SE_OK) {
        rc = se__redis_command(redis, 3, question, deadline_ms, &reply, &why);
    }
    if (rc == SE_OK) {
        rc = read_master(reply, url->master, name, master, &why);
    }
    se__redis_reply_free(reply);
    se__redis_close(redis);
    return rc == SE_OK ? SE_OK : named(rc, sentinel, &why, err);
}

/* One sentinel may be gone: none gets more than its share of the time. */
static se_err find_master(const se__redis_url *url, int stop_fd,
                          int64_t deadline_ms, char *name,
                          se__redis_host *master, se_error *err)
{
    se_err rc = SE_E_CONNECT;

    for (size_t i = 0; i < url->n_hosts; i++) {
        int64_t now = se__now_ms();
        int left = se__time_left(deadline_ms, now);
        int64_t until = now + left / (int64_t)(url->n_hosts - i + 1);

        rc = ask_sentinel(url, &url->hosts[i], stop_fd, until, name, master,
                          err);
        if (rc == SE_OK || rc == SE_E_CANCELED) {
            break;
        }
    }
    return rc;
}

se_err se__redis_link(const se__redis_url *url, const char *password,
                      const char *ca_file, int stop_fd, int64_t deadline_ms,
                      se__redis **out, se_error *err)
{
    char name[MASTER_SIZE];
    se__redis_host host = url->hosts[0];
    se_err rc = SE_OK;

    if (!password || password[0] == '\0') {
        password = url->password;
    }
    if (url->sentinel) {
        rc = find_master(url, stop_fd, deadline_ms, name, &host, err);
    }
    return rc == SE_OK ? link_to(url, &host, password, ca_file, stop_fd,
                                 deadline_ms, out, err)
                       : rc;
}
