#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ident.h"

void sb_tokens_init(sb_tokens *tokens)
{
    memset(tokens, 0, sizeof(*tokens));
    pthread_mutex_init(&tokens->lock, NULL);
}

void sb_tokens_fini(sb_tokens *tokens)
{
    free(tokens->all);
    pthread_mutex_destroy(&tokens->lock);
}

static sb_token *append_locked(sb_tokens *tokens)
{
    if (tokens->count == tokens->capacity) {
        size_t capacity = 2 * tokens->capacity + 16;
        sb_token *grown = realloc(tokens->all, capacity * sizeof(*grown));

        if (!grown) {
            return NULL;
        }
        tokens->all = grown;
        tokens->capacity = capacity;
    }
    return &tokens->all[tokens->count++];
}

bool sb_tokens_issue(sb_tokens *tokens, int64_t life_ms,
                     char out[SB_TOKEN_SIZE])
{
    uint8_t id[SB_UUID_BYTES];
    char name[SB_UUID_SIZE];
    sb_token *token;

    if (!sb_uuid_new(id)) {
        return false;
    }
    sb_uuid_print(id, name);
    snprintf(out, SB_TOKEN_SIZE, "sandbox.%s", name);
    pthread_mutex_lock(&tokens->lock);
    token = append_locked(tokens);
    if (token) {
        memcpy(token->text, out, SB_TOKEN_SIZE);
        token->until_ms = sb_monotonic_ms() + life_ms;
    }
    pthread_mutex_unlock(&tokens->lock);
    return token != NULL;
}

bool sb_tokens_accept(sb_tokens *tokens, const char *text)
{
    int64_t now = sb_monotonic_ms();
    bool found = false;

    pthread_mutex_lock(&tokens->lock);
    for (size_t i = tokens->count; i > 0 && !found; i--) {
        const sb_token *token = &tokens->all[i - 1];

        found = strcmp(token->text, text) == 0 && now < token->until_ms;
    }
    pthread_mutex_unlock(&tokens->lock);
    return found;
}

void sb_tokens_revoke(sb_tokens *tokens)
{
    pthread_mutex_lock(&tokens->lock);
    tokens->count = 0;
    pthread_mutex_unlock(&tokens->lock);
}
