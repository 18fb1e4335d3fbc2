#include "admin/token.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define MARGIN_MS 60000

void se__token_init(se__token *token)
{
    memset(token, 0, sizeof(*token));
    token->failure.size = sizeof(token->failure);
    token->failed_ms = SE__TOKEN_FAILED_MS;
    token->forced_ms = SE__TOKEN_FORCED_MS;
}

void se__token_fini(se__token *token)
{
    se__secret_free(token->text);
    token->text = NULL;
}

se__token_state se__token_look(const se__token *token, int64_t now_ms)
{
    if (token->text == NULL) {
        return SE__TOKEN_MISSING;
    }
    if (now_ms >= token->expires_ms) {
        return SE__TOKEN_EXPIRED;
    }
    return now_ms >= token->refresh_ms ? SE__TOKEN_EXPIRING : SE__TOKEN_VALID;
}

bool se__token_is_stale(const se__token *token, const char *stale)
{
    return stale != NULL && token->text != NULL &&
           strcmp(stale, token->text) == 0;
}

se__token_step se__token_decide(const se__token *token, const char *stale,
                                int64_t now_ms)
{
    se__token_state state = se__token_look(token, now_ms);
    bool usable = state == SE__TOKEN_VALID || state == SE__TOKEN_EXPIRING;
    bool may_ask = now_ms >= token->failed_until_ms;

    if (usable && !se__token_is_stale(token, stale)) {
        return state == SE__TOKEN_EXPIRING && may_ask ? SE__TOKEN_RENEW
                                                      : SE__TOKEN_USE;
    }
    if (!may_ask) {
        return SE__TOKEN_FAIL;
    }
    /* The next one would be refused as well. */
    return usable && now_ms < token->forced_until_ms ? SE__TOKEN_USE
                                                     : SE__TOKEN_REQUEST;
}

void se__token_take(se__token *token, char *text, int64_t life_s, bool forced,
                    int64_t began_ms)
{
    int64_t life = life_s * 1000;
    int64_t refresh = life * 4 / 5;

    if (refresh > life - MARGIN_MS) {
        refresh = life - MARGIN_MS;
    }
    if (refresh < life / 2) {
        refresh = life / 2;
    }
    se__secret_free(token->text);
    token->text = text;
    token->refresh_ms = se__deadline(began_ms, refresh);
    token->expires_ms = se__deadline(began_ms, life);
    token->failed_until_ms = 0;
    if (forced) {
        token->forced_until_ms = se__deadline(began_ms, token->forced_ms);
    }
    token->failure.code = SE_OK;
    token->ended++;
}

void se__token_fail(se__token *token, const se_error *why, int64_t now_ms)
{
    se__error_copy(&token->failure, why);
    token->failed_until_ms = se__deadline(now_ms, token->failed_ms);
    token->ended++;
}
