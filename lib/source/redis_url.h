/*
 * redis://[user[:password]@]host[:port][/database], rediss:// with TLS,
 * sentinel://[user[:password]@]host:port,host:port.../name[/database].
 *
 * %41 in user, password and name stands for A; what is no such escape, and
 * reserved characters in a password, stand for themselves, because artStore
 * writes them so.
 */
#ifndef SE_SOURCE_REDIS_URL_H
#define SE_SOURCE_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

#include <artstore/error.h>

#define SE__REDIS_HOSTS_MAX 16

typedef struct se__redis_host {
    char *name;
    int port;
} se__redis_host;

typedef struct se__redis_url {
    bool tls;
    bool sentinel; /* the hosts are sentinels of `master` */
    char *user;
    char *password;
    char *master;
    int database;
    se__redis_host hosts[SE__REDIS_HOSTS_MAX];
    size_t n_hosts; /* at least 1 */
} se__redis_url;

/* SE_E_CONFIG; the message holds no password. */
se_err se__redis_url_parse(const char *url, se__redis_url *out, se_error *err);
void se__redis_url_fini(se__redis_url *url);

#endif
