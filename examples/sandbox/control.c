#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ident.h"

#define MAX_WORDS 24

static bool error(control *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Always false, and said. */
static bool error(control *c, const char *format, ...)
{
    va_list arguments;

    fputs("error: ", c->out);
    va_start(arguments, format);
    vfprintf(c->out, format, arguments);
    va_end(arguments);
    fputc('\n', c->out);
    return false;
}

/* Cuts one word off, quotes taken away, in place; NULL: a quote is open. */
static char *cut_word(char **at)
{
    char *in = *at, *out = *at, *word = *at;
    char quote = '\0';

    while (*in && (quote || (*in != ' ' && *in != '\t'))) {
        if (quote ? *in == quote : *in == '"' || *in == '\'') {
            quote = quote ? '\0' : *in;
            in++;
        } else {
            in += quote != '\'' && in[0] == '\\' && in[1];
            *out++ = *in++;
        }
    }
    *at = *in ? in + 1 : in;
    *out = '\0';
    return quote ? NULL : word;
}

static bool cut_words(control *c, char *line, char **words, size_t *n)
{
    *n = 0;
    for (;;) {
        line += strspn(line, " \t\r\n");
        if (!*line) {
            return true;
        }
        if (*n == MAX_WORDS) {
            return error(c, "too many words");
        }
        words[*n] = cut_word(&line);
        if (!words[(*n)++]) {
            return error(c, "a quote is not closed");
        }
    }
}

static const char *const routes[] = {
    [SANDBOX_UPLOAD] = "upload", [SANDBOX_CAPACITY] = "capacity",
    [SANDBOX_FILE] = "file",     [SANDBOX_DELETE_FILE] = "delete",
    [SANDBOX_DELETE_GC] = "gc",  [SANDBOX_ANY] = "any",
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
        return error(c, "%s: no number: %s", values[i].key, value);
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
        return error(c, "no key=value: %s", word);
    }
    *value++ = '\0';
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (strcmp(values[i].key, word) == 0) {
            return set_value(c, fault, i, value);
        }
    }
    return error(c, "unknown key: %s", word);
}

static bool check_fault(control *c, const sandbox_fault *fault)
{
    if (fault->action == SANDBOX_STATUS &&
        (fault->status < 200 || fault->status > 599)) {
        return error(c, "status needs status=200 to 599");
    }
    if (fault->action == SANDBOX_SLOW && fault->bytes_per_s == 0) {
        return error(c, "slow needs bytes_per_s=");
    }
    return true;
}

static bool do_fault(control *c, char **words, size_t n)
{
    int route = FIND_NAME(routes, words[2]);
    int when = FIND_NAME(moments, words[3]);
    int action = FIND_NAME(actions, words[4]);
    sandbox_fault fault = {0};

    if (route < 0) {
        return error(c, "unknown route: %s", words[2]);
    }
    if (when < 0) {
        return error(c, "unknown moment: %s", words[3]);
    }
    if (action < 0) {
        return error(c, "unknown action: %s", words[4]);
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

static bool do_clear(control *c, char **words, size_t n)
{
    (void)n;
    sandbox_clear_faults(c->sandbox, words[1]);
    return true;
}

static bool do_kill(control *c, char **words, size_t n)
{
    (void)n;
    sandbox_kill(c->sandbox, words[1]);
    return true;
}

static bool do_revive(control *c, char **words, size_t n)
{
    (void)n;
    return sandbox_revive(c->sandbox, words[1]) ||
           error(c, "listen: %s", strerror(errno));
}

static bool do_used(control *c, char **words, size_t n)
{
    int64_t bytes = -1;

    (void)n;
    if (strcmp(words[2], "-1") != 0 && !sb_number_parse(words[2], &bytes)) {
        return error(c, "no number: %s", words[2]);
    }
    sandbox_set_used(c->sandbox, words[1], bytes);
    return true;
}

static bool do_mode(control *c, char **words, size_t n)
{
    static const char *const modes[] = {"edit", "rw", "ro", "ar"};

    (void)n;
    if (FIND_NAME(modes, words[2]) < 0) {
        return error(c, "unknown mode: %s", words[2]);
    }
    sandbox_set_mode(c->sandbox, words[1], words[2]);
    return true;
}

static bool do_full_status(control *c, char **words, size_t n)
{
    int64_t status;

    (void)n;
    if (!sb_number_parse(words[2], &status) || status < 400 || status > 599) {
        return error(c, "no status: %s", words[2]);
    }
    sandbox_set_full_status(c->sandbox, words[1], (int)status);
    return true;
}

/* Answers by itself: false without an error. */
static bool do_counts(control *c, char **words, size_t n)
{
    sandbox_counts seen;

    (void)n;
    sandbox_counts_of(c->sandbox, words[1], &seen);
    fprintf(c->out,
            "{\"connections\":%" PRId64 ",\"requests\":%" PRId64
            ",\"uploads\":%" PRId64 ",\"body_bytes\":%" PRId64
            ",\"stored\":%" PRId64 ",\"deleted\":%" PRId64
            ",\"capacity_requests\":%" PRId64 ",\"file_requests\":%" PRId64
            ",\"open_connections\":%" PRId64 ",\"unread_bytes\":%" PRId64 "}\n",
            seen.connections, seen.requests, seen.uploads, seen.body_bytes,
            seen.stored, seen.deleted, seen.capacity_requests,
            seen.file_requests, seen.open_connections, seen.unread_bytes);
    return false;
}

static bool do_document(control *c, char **words, size_t n)
{
    (void)words;
    (void)n;
    if (!sandbox_write_document(c->sandbox, c->document)) {
        return error(c, "%s: %s", c->document, strerror(errno));
    }
    fprintf(c->out, "%s\n", c->document);
    return false;
}

static bool do_quit(control *c, char **words, size_t n)
{
    (void)words;
    (void)n;
    c->quit = true;
    return true;
}

static const struct {
    const char *name;
    size_t least, most;                              /* words */
    bool (*run)(control *c, char **words, size_t n); /* true: "ok" */
    const char *usage;
} commands[] = {
    {"fault", 5, MAX_WORDS, do_fault, "ID ROUTE WHEN ACTION [key=value ...]"},
    {"clear", 2, 2, do_clear, "ID"},
    {"kill", 2, 2, do_kill, "ID"},
    {"revive", 2, 2, do_revive, "ID"},
    {"used", 3, 3, do_used, "ID BYTES"},
    {"mode", 3, 3, do_mode, "ID MODE"},
    {"full-status", 3, 3, do_full_status, "ID N"},
    {"counts", 2, 2, do_counts, "ID"},
    {"document", 1, 1, do_document, ""},
    {"quit", 1, 1, do_quit, ""},
};

static bool run_words(control *c, char **words, size_t n)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(commands[i].name, words[0]) != 0) {
            continue;
        }
        if (n < commands[i].least || n > commands[i].most) {
            return error(c, "usage: %s %s", words[0], commands[i].usage);
        }
        if (n > 1 && !sandbox_url(c->sandbox, words[1])) {
            return error(c, "no element %s", words[1]);
        }
        return commands[i].run(c, words, n);
    }
    return error(c, "unknown command: %s", words[0]);
}

void control_line(control *c, char *line)
{
    char *words[MAX_WORDS];
    size_t n;

    if (!cut_words(c, line, words, &n)) {
        fflush(c->out);
        return;
    }
    if (n > 0 && run_words(c, words, n)) {
        fputs("ok\n", c->out);
    }
    fflush(c->out);
}
