/*
 * TLS to Redis. hiredis checks the chain of a certificate but not whose it is:
 * the handshake is set up here, and hiredis only reads and writes through it.
 */
#include "wire/redis_private.h"

#include "base/error.h"

#ifdef ARTSTORE_REDIS_TLS
#include <arpa/inet.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>

#include "wire/redis_signal.h"

bool se__redis_has_tls(void)
{
    return true;
}

static SSL_CTX *new_rules(const char *ca_file, se_error *err)
{
    SSL_CTX *rules = SSL_CTX_new(TLS_client_method());

    if (!rules || !SSL_CTX_set_min_proto_version(rules, TLS1_2_VERSION)) {
        SSL_CTX_free(rules);
        se__fail(err, SE_E_NOMEM, "out of memory for TLS");
        return NULL;
    }
    SSL_CTX_set_verify(rules, SSL_VERIFY_PEER, NULL);
    if (ca_file ? !SSL_CTX_load_verify_locations(rules, ca_file, NULL)
                : !SSL_CTX_set_default_verify_paths(rules)) {
        SSL_CTX_free(rules);
        se__fail(err, SE_E_CONFIG, "no certificates in %s",
                 ca_file ? ca_file : "the system's folder");
        return NULL;
    }
    return rules;
}

static bool is_address(const char *host)
{
    unsigned char binary[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, binary) == 1 ||
           inet_pton(AF_INET6, host, binary) == 1;
}

static bool name_peer(SSL *tls, const char *host)
{
    /* It is only read. */
    union {
        const char *ours;
        char *theirs;
    } name = {host};

    if (is_address(host)) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
    }
    return SSL_set1_host(tls, host) == 1 &&
           SSL_set_tlsext_host_name(tls, name.theirs) == 1;
}

static SSL *new_tls(const se__redis_target *target, se_error *err)
{
    SSL_CTX *rules = new_rules(target->ca_file, err);
    SSL *tls = NULL;

    if (!rules) {
        return NULL;
    }
    tls = SSL_new(rules);
    SSL_CTX_free(rules); /* counted */
    if (!tls || !name_peer(tls, target->host)) {
        SSL_free(tls);
        se__fail(err, SE_E_NOMEM, "out of memory for TLS");
        return NULL;
    }
    return tls;
}

static se_err refused(const SSL *tls, se_error *err)
{
    long verdict = SSL_get_verify_result(tls);
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    if (verdict != X509_V_OK) {
        reason = X509_verify_cert_error_string(verdict);
    }
    return se__fail(err, SE_E_CONNECT, "TLS: %s",
                    reason ? reason : "the peer closed the connection");
}

static int held_handshake(SSL *tls)
{
    se__sigpipe held;
    int rc;

    se__sigpipe_hold(&held);
    ERR_clear_error();
    rc = SSL_do_handshake(tls);
    se__sigpipe_release(&held);
    return SSL_get_error(tls, rc);
}

/* hiredis began it; left alone it would go on while it writes, without
 * waiting for the peer. */
static se_err shake_hands(se__redis *redis, SSL *tls, int64_t deadline_ms,
                          se_error *err)
{
    for (;;) {
        int want = held_handshake(tls);
        se_err rc;

        if (want == SSL_ERROR_NONE) {
            return SE_OK;
        }
        if (want != SSL_ERROR_WANT_READ && want != SSL_ERROR_WANT_WRITE) {
            return refused(tls, err);
        }
        rc = se__redis_poll(redis->context->fd,
                            want == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
                            redis->stop_fd, deadline_ms);
        if (rc == SE_E_TIMEOUT) { /* also what a server without TLS does */
            return se__fail(err, rc, "TLS: no answer in time");
        }
        if (rc != SE_OK) {
            return se__redis_poll_failed(rc, err);
        }
    }
}

static int held_initiate(redisContext *context, SSL *tls)
{
    se__sigpipe held;
    int rc;

    se__sigpipe_hold(&held);
    rc = redisInitiateSSL(context, tls);
    se__sigpipe_release(&held);
    return rc;
}

se_err se__redis_start_tls(se__redis *redis, const se__redis_target *target,
                           int64_t deadline_ms, se_error *err)
{
    se_error why = SE_ERROR_INIT;
    SSL *tls = new_tls(target, &why);

    if (!tls) {
        return se__error_copy(err, &why);
    }
    redis->tls = true;
    if (held_initiate(redis->context, tls) != REDIS_OK) {
        se_err rc = refused(tls, err);

        SSL_free(tls);
        return rc;
    }
    /* From here on the context owns it. */
    return shake_hands(redis, tls, deadline_ms, err);
}

#else

bool se__redis_has_tls(void)
{
    return false;
}

se_err se__redis_start_tls(se__redis *redis, const se__redis_target *target,
                           int64_t deadline_ms, se_error *err)
{
    (void)redis;
    (void)target;
    (void)deadline_ms;
    return se__fail(err, SE_E_UNSUPPORTED, "no TLS to Redis in this build");
}

#endif
