/*
 * The token in use: when it may be handed out and when another one is asked
 * for. Takes `now` and reads no clock.
 *
 * Design notes. A token is renewed early, while it still serves: at 80 % of its
 * life or a minute before its end, whichever comes first, but not in its first
 * half. A request that failed is not repeated for a while, so that a thousand
 * uploads do not hammer an Admin Module that refuses or does not answer. Who
 * was refused with the token in use forces a request; a peer that refuses every
 * token can do so once in a while only.
 */
#ifndef SE_ADMIN_TOKEN_H
#define SE_ADMIN_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/error.h>

typedef struct se__token {
    char *text;              /* secret; NULL: none */
    int64_t refresh_ms;      /* from then on another one is wanted */
    int64_t expires_ms;      /* from then on it is worth nothing */
    int64_t failed_until_ms; /* the last request failed: none before */
    int64_t forced_until_ms; /* no further request by refusal before */
    uint64_t ended;          /* requests so far */
    se_error failure;        /* of the last one; its code is SE_OK if none */

    int64_t failed_ms; /* how long after a failure; set by who owns this */
    int64_t forced_ms;
} se__token;

#define SE__TOKEN_FAILED_MS 5000
#define SE__TOKEN_FORCED_MS 5000
#define SE__TOKEN_LIFE_S 1800 /* if the answer does not say */
#define SE__TOKEN_LIFE_MAX_S 86400

typedef enum se__token_state {
    SE__TOKEN_VALID,
    SE__TOKEN_EXPIRING, /* still good, another one is wanted */
    SE__TOKEN_EXPIRED,
    SE__TOKEN_MISSING
} se__token_state;

typedef enum se__token_step {
    SE__TOKEN_USE,     /* hand it out */
    SE__TOKEN_RENEW,   /* hand it out, and ask for another one */
    SE__TOKEN_REQUEST, /* ask for one and wait */
    SE__TOKEN_FAIL     /* a request has just failed */
} se__token_step;

void se__token_init(se__token *token);
void se__token_fini(se__token *token);

se__token_state se__token_look(const se__token *token, int64_t now_ms);
/* Is the token in use the one that was refused? */
bool se__token_is_stale(const se__token *token, const char *stale);
/* For somebody who was refused with `stale`, or, with NULL, who has none. */
se__token_step se__token_decide(const se__token *token, const char *stale,
                                int64_t now_ms);

/* A request that began at began_ms brought this; takes text. */
void se__token_take(se__token *token, char *text, int64_t life_s, bool forced,
                    int64_t began_ms);
/* It failed. What was in use stays so. */
void se__token_fail(se__token *token, const se_error *why, int64_t now_ms);

#endif
