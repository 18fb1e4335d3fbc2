#include "wire/json_watch.h"

#include <string.h>

#include "base/error.h"
#include "wire/json_keys.h"

void se__json_watch_init(se__json_watch *watch, const se__json_list *list)
{
    memset(watch, 0, sizeof(*watch));
    watch->list = list;
    se__buf_init(&watch->kept, 0);
    for (size_t i = 0; i < list->n_members; i++) {
        se__json_hash hash = {0};

        se__json_hash_add(&hash, list->members[i], strlen(list->members[i]));
        watch->wanted[i] = se__json_hash_finish(&hash);
    }
}

void se__json_watch_fini(se__json_watch *watch)
{
    se__buf_fini(&watch->kept);
}

/* By its hash: should another key have it too, too much is kept, no less. */
static bool is_wanted(const se__json_watch *watch, uint64_t hash)
{
    for (size_t i = 0; i < watch->list->n_members; i++) {
        if (watch->wanted[i] == hash) {
            return true;
        }
    }
    return false;
}

bool se__json_watch_member(se__json_watch *watch, uint64_t hash,
                           const char *member, size_t length)
{
    se__buf *kept = &watch->kept;

    if (is_wanted(watch, hash)) {
        se__buf_putc(kept, kept->length > 0 ? ',' : '{');
        se__buf_append(kept, member, length);
    }
    return !kept->failed;
}

se_err se__json_watch_element(se__json_watch *watch, const char *element,
                              size_t length, bool odd, se_error *err)
{
    se__buf *kept = &watch->kept;
    se_err rc;

    if (*element == '{' && watch->list->n_members > 0) {
        se__buf_puts(kept, kept->length > 0 ? "}" : "{}");
        if (kept->failed) {
            return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
        }
        element = kept->data;
        length = kept->length;
    }
    rc = watch->report(watch->list, element, length, odd, err);
    se__buf_reset(kept);
    return rc;
}
