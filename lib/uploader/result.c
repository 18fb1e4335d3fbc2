/*
 * What a job leaves behind: its result and the story of its attempts.
 */
#include "uploader/uploader.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

se_result *se__result_new(const char *file_id)
{
    se_result *result = se__zalloc(sizeof(*result));

    if (result) {
        result->error = (se_error)SE_ERROR_INIT;
        result->size = -1;
        se__copy_text(result->file_id, sizeof(result->file_id), file_id);
    }
    return result;
}

se_attempt *se__result_add(se_result *result, const char *se_id)
{
    if (result->n_attempts == result->cap_attempts) {
        size_t capacity = result->cap_attempts ? 2 * result->cap_attempts : 2;
        se_attempt *grown =
            realloc(result->attempts, capacity * sizeof(*grown));

        if (!grown) {
            return NULL;
        }
        result->attempts = grown;
        result->cap_attempts = capacity;
    }
    se_attempt *attempt = &result->attempts[result->n_attempts++];

    memset(attempt, 0, sizeof(*attempt));
    se__copy_text(attempt->se_id, sizeof(attempt->se_id), se_id);
    return attempt;
}

se_attempt *se__result_last(se_result *result)
{
    return result->n_attempts ? &result->attempts[result->n_attempts - 1]
                              : NULL;
}

void se__result_story(const se_result *result, char *out, size_t size)
{
    se__buf story;

    se__buf_init(&story, 0);
    for (size_t i = 0; i < result->n_attempts; i++) {
        const se_attempt *attempt = &result->attempts[i];

        se__buf_printf(&story, "%s%s: %s", i ? "; " : "", attempt->se_id,
                       attempt->error[0] ? attempt->error : "stored");
    }
    se__copy_text(out, size, story.data ? story.data : "");
    se__buf_fini(&story);
}

void se_result_free(se_result *result)
{
    if (result) {
        free(result->attempts);
        free(result);
    }
}

se_outcome se_result_outcome(const se_result *result)
{
    return result->outcome;
}

const se_error *se_result_error(const se_result *result)
{
    return &result->error;
}

const char *se_result_file_id(const se_result *result)
{
    return result->file_id;
}

const char *se_result_se_id(const se_result *result)
{
    return result->se_id;
}

const char *se_result_se_url(const se_result *result)
{
    return result->se_url;
}

int64_t se_result_size(const se_result *result)
{
    return result->size;
}

const char *se_result_sha256(const se_result *result)
{
    return result->sha256;
}

se_registered se_result_registered(const se_result *result)
{
    return result->registered;
}

int64_t se_result_duration_ms(const se_result *result)
{
    return result->duration_ms;
}

size_t se_result_attempt_count(const se_result *result)
{
    return result->n_attempts;
}

const se_attempt *se_result_attempt(const se_result *result, size_t index)
{
    return index < result->n_attempts ? &result->attempts[index] : NULL;
}

const char *se_attempt_se_id(const se_attempt *attempt)
{
    return attempt->se_id;
}

se_outcome se_attempt_outcome(const se_attempt *attempt)
{
    return attempt->outcome;
}

int se_attempt_http_status(const se_attempt *attempt)
{
    return attempt->http_status;
}

const char *se_attempt_error(const se_attempt *attempt)
{
    return attempt->error;
}

int64_t se_attempt_bytes_sent(const se_attempt *attempt)
{
    return attempt->bytes_sent;
}

int64_t se_attempt_duration_ms(const se_attempt *attempt)
{
    return attempt->duration_ms;
}
