/* The command `fault`: words for what sandbox.h enumerates. */
#include "control.h"

#include <stddef.h>
#include <string.h>

#include "ident.h"

static const char *const routes[] = {
    [SANDBOX_UPLOAD] = "upload", [SANDBOX_CAPACITY] = "capacity",
    [SANDBOX_FILE] = "file",     [SANDBOX_DELETE_FILE] = "delete",
    [SANDBOX_DELETE_GC] = "gc",  [SANDBOX_TOKEN] = "token",
    [SANDBOX_LIST] = "list",     [SANDBOX_ITEM] = "item",
    [SANDBOX_ANY] = "any",
};

static const char *const moments[] = {
    [SANDBOX_BEFORE_BODY] = "before-body",
    [SANDBOX_DURING_BODY] = "during-body",
    [SANDBOX_AFTER_BODY] = "after-body",
    [SANDBOX_AFTER_STORE] = "after-store",
};

static const char *const actions[] = {
    [SANDBOX_NO_FAULT] = "none",
    [SANDBOX_STATUS] = "status",
    [SANDBOX_CLOSE] = "close",
    [SANDBOX_RESET] = "reset",
    [SANDBOX_STALL] = "stall",
    [SANDBOX_SLOW] = "slow",
    [SANDBOX_NO_100] = "no-100",
    [SANDBOX_WRONG_CHECKSUM] = "wrong-checksum",
    [SANDBOX_NO_CHECKSUM] = "no-checksum",
    [SANDBOX_GARBAGE] = "garbage",
    [SANDBOX_CORRUPT] = "corrupt",
    [SANDBOX_ENDLESS] = "endless",
    [SANDBOX_ENDLESS_HEADERS] = "endless-headers",
    [SANDBOX_FLOOD_1XX] = "flood-1xx",
    [SANDBOX_EXPECT_417] = "expect-417",
};

/* The place of `word` among the names, -1 if it is none of them. */
static int find_name(const char *const *names, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}

#define FIND_NAME(names, word)                                                 \
    find_name(names, sizeof(names) / sizeof(*(names)), word)

/* The numbers and texts of a fault: their names and where they lie. */
typedef enum value_kind {
    VALUE_INT,
    VALUE_INT64,
    VALUE_TEXT
} value_kind;

static const struct {
    const char *key;
    value_kind kind;
    size_t offset;
} values[] = {
    {"status", VALUE_INT, offsetof(sandbox_fault, status)},
    {"delay_ms", VALUE_INT, offsetof(sandbox_fault, delay_ms)},
    {"skip", VALUE_INT, offsetof(sandbox_fault, skip)},
    {"times", VALUE_INT, offsetof(sandbox_fault, times)},
    {"after_bytes", VALUE_INT64, offsetof(sandbox_fault, after_bytes)},
    {"bytes_per_s", VALUE_INT64, offsetof(sandbox_fault, bytes_per_s)},
    {"body", VALUE_TEXT, offsetof(sandbox_fault, body)},
    {"header", VALUE_TEXT, offsetof(sandbox_fault, header)},
};

static bool set_value(control *c, sandbox_fault *fault, size_t i,
                      const char *value)
{
    char *at = (char *)fault + values[i].offset;
    int64_t number;
    int narrow;

    if (values[i].kind == VALUE_TEXT) {
        memcpy(at, &value, sizeof(value));
        return true;
    }
    if (!sb_number_parse(value, &number) ||
        (values[i].kind == VALUE_INT && number > INT32_MAX)) {
        return control_error(c, "%s: no number: %s", values[i].key, value);
    }
    narrow = (int)number;
    if (values[i].kind == VALUE_INT) {
        memcpy(at, &narrow, sizeof(narrow));
    } else {
        memcpy(at, &number, sizeof(number));
    }
    return true;
}

/* One key=value of a fault. */
static bool take_value(control *c, sandbox_fault *fault, char *word)
{
    char *value = strchr(word, '=');

    if (!value) {
        return control_error(c, "no key=value: %s", word);
    }
    *value++ = '\0';
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (strcmp(values[i].key, word) == 0) {
            return set_value(c, fault, i, value);
        }
    }
    return control_error(c, "unknown key: %s", word);
}

static bool check_fault(control *c, const sandbox_fault *fault)
{
    if (fault->action == SANDBOX_STATUS &&
        (fault->status < 200 || fault->status > 599)) {
        return control_error(c, "status needs status=200 to 599");
    }
    if (fault->action == SANDBOX_SLOW && fault->bytes_per_s == 0) {
        return control_error(c, "slow needs bytes_per_s=");
    }
    return true;
}

bool control_fault(control *c, char **words, size_t n)
{
    int route = FIND_NAME(routes, words[2]);
    int when = FIND_NAME(moments, words[3]);
    int action = FIND_NAME(actions, words[4]);
    sandbox_fault fault = {0};

    if (route < 0) {
        return control_error(c, "unknown route: %s", words[2]);
    }
    if (when < 0) {
        return control_error(c, "unknown moment: %s", words[3]);
    }
    if (action < 0) {
        return control_error(c, "unknown action: %s", words[4]);
    }
    fault.route = (sandbox_route)route;
    fault.when = (sandbox_when)when;
    fault.action = (sandbox_action)action;
    for (size_t i = 5; i < n; i++) {
        if (!take_value(c, &fault, words[i])) {
            return false;
        }
    }
    if (!check_fault(c, &fault)) {
        return false;
    }
    sandbox_add_fault(c->sandbox, words[1], &fault);
    return true;
}
