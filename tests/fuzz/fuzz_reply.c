/*
 * What an element answers, read as each kind of answer. Whatever it is, what
 * comes out keeps the promises of reply.h.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/uuid.h"
#include "element/reply.h"

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void check_stored(const char *body, size_t length)
{
    se__stored out;

    if (se__reply_stored(body, length, &out, NULL) != SE_OK) {
        return;
    }
    must(se__uuid_valid(out.file_id));
    must(strpbrk(out.file_id, "ABCDEF") == NULL);
    must(out.size >= -1);
    must(out.checksum[0] == '\0' ||
         (strlen(out.checksum) == 64 &&
          strspn(out.checksum, "0123456789abcdef") == 64));
}

static void check_capacity(const char *body, size_t length)
{
    se__capacity_reply out;

    if (se__reply_capacity(body, length, &out, NULL) != SE_OK) {
        return;
    }
    must(out.total >= -1 && out.used >= -1 && out.available >= -1);
    must(out.total < 0 ||
         (out.used <= out.total && out.available <= out.total));
    must(out.health <= SE_HEALTH_UNHEALTHY);
    must(se__text_is_clean(out.mode, strlen(out.mode)));
}

static void check_words(const char *body, size_t length, size_t size)
{
    char *out = malloc(size); /* of this size, so that a byte more is seen */

    must(out != NULL);
    se__reply_detail(body, length, out, size);
    must(strlen(out) < size);
    must(se__text_is_clean(out, strlen(out)));
    must(se__utf8_valid(out, strlen(out)));
    se__reply_code(body, length, out, size);
    must(strlen(out) < size);
    must(se__text_is_clean(out, strlen(out)));
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = calloc(size > 0 ? size : 1, 1); /* not terminated */

    must(body != NULL);
    if (size > 0) {
        memcpy(body, data, size);
    }
    check_stored(body, size);
    check_capacity(body, size);
    check_words(body, size, 1 + (size > 0 ? data[size - 1] % 40 : 0));
    check_words(body, size, 192);
    free(body);
    return 0;
}
