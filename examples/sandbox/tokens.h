/*
 * The tokens that the Admin Module gave out.
 */
#ifndef SANDBOX_TOKENS_H
#define SANDBOX_TOKENS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SB_TOKEN_SIZE 64

typedef struct sb_token {
    char text[SB_TOKEN_SIZE];
    int64_t until_ms; /* monotonic */
} sb_token;

typedef struct sb_tokens {
    pthread_mutex_t lock;
    sb_token *all;
    size_t count, capacity;
} sb_tokens;

void sb_tokens_init(sb_tokens *tokens);
void sb_tokens_fini(sb_tokens *tokens);
/* False: out of memory, or of randomness. */
bool sb_tokens_issue(sb_tokens *tokens, int64_t life_ms,
                     char out[SB_TOKEN_SIZE]);
bool sb_tokens_accept(sb_tokens *tokens, const char *token);
/* None that was given out so far is accepted any more. */
void sb_tokens_revoke(sb_tokens *tokens);

#endif
