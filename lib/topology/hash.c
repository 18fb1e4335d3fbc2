#include "topology/hash.h"

#include <string.h>

#include "base/sha256.h"
#include "wire/url.h"

#define RECORD_SIZE (4 + SE_ID_SIZE + 4 + SE__URL_SIZE + 4 + 1 + 1)

/* Big-endian, on any machine. */
static char *put_number(char *at, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        *at++ = (char)(number >> shift);
    }
    return at;
}

/* With its length in front, so that no two lists have the same bytes. */
static char *put_text(char *at, const char *text)
{
    size_t length = strlen(text);

    at = put_number(at, (uint32_t)length);
    memcpy(at, text, length);
    return at + length;
}

se_err se__topology_make_hash(se_topology *topology, se_error *err)
{
    se__sha256 sha = {0};
    se_err rc = se__sha256_start(&sha, err);

    if (rc != SE_OK) {
        goto done;
    }
    for (size_t i = 0; i < topology->count; i++) {
        const se_element *element = &topology->elements[i];
        char record[RECORD_SIZE];
        char *at = put_text(record, element->id);

        at = put_text(at, element->url);
        at = put_number(at, (uint32_t)element->priority);
        *at++ = (char)element->mode;
        *at++ = (char)element->available;
        se__sha256_update(&sha, record, (size_t)(at - record));
    }
    se__sha256_finish(&sha, topology->hash);
done:
    se__sha256_fini(&sha);
    return rc;
}
