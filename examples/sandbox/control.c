#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "element.h"

#define MAX_WORDS 24

bool control_error(control *c, const char *format, ...)
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
            if (quote) {
                quote = '\0';
            } else {
                quote = *in;
            }
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
            return control_error(c, "too many words");
        }
        words[*n] = cut_word(&line);
        if (!words[(*n)++]) {
            return control_error(c, "a quote is not closed");
        }
    }
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
           control_error(c, "listen: %s", strerror(errno));
}

static bool do_used(control *c, char **words, size_t n)
{
    int64_t bytes = -1;

    (void)n;
    if (strcmp(words[2], "-1") != 0 && !sb_number_parse(words[2], &bytes)) {
        return control_error(c, "no number: %s", words[2]);
    }
    sandbox_set_used(c->sandbox, words[1], bytes);
    return true;
}

static bool do_mode(control *c, char **words, size_t n)
{
    (void)n;
    if (!sb_mode_valid(words[2])) {
        return control_error(c, "unknown mode: %s", words[2]);
    }
    sandbox_set_mode(c->sandbox, words[1], words[2]);
    return true;
}

static bool do_full_status(control *c, char **words, size_t n)
{
    int64_t status;

    (void)n;
    if (!sb_number_parse(words[2], &status) || status < 400 || status > 599) {
        return control_error(c, "no status: %s", words[2]);
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
            ",\"open_connections\":%" PRId64 ",\"unread_bytes\":%" PRId64
            ",\"token_requests\":%" PRId64 ",\"list_requests\":%" PRId64 "}\n",
            seen.connections, seen.requests, seen.uploads, seen.body_bytes,
            seen.stored, seen.deleted, seen.capacity_requests,
            seen.file_requests, seen.open_connections, seen.unread_bytes,
            seen.token_requests, seen.list_requests);
    return false;
}

static bool do_document(control *c, char **words, size_t n)
{
    (void)words;
    (void)n;
    if (!sandbox_write_document(c->sandbox, c->document)) {
        return control_error(c, "%s: %s", c->document, strerror(errno));
    }
    fprintf(c->out, "%s\n", c->document);
    return false;
}

static bool do_revoke(control *c, char **words, size_t n)
{
    (void)words;
    (void)n;
    sandbox_revoke_tokens(c->sandbox);
    return true;
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
    {"fault", 5, MAX_WORDS, control_fault,
     "ID ROUTE WHEN ACTION [key=value ...]"},
    {"clear", 2, 2, do_clear, "ID"},
    {"kill", 2, 2, do_kill, "ID"},
    {"revive", 2, 2, do_revive, "ID"},
    {"used", 3, 3, do_used, "ID BYTES"},
    {"mode", 3, 3, do_mode, "ID MODE"},
    {"full-status", 3, 3, do_full_status, "ID N"},
    {"counts", 2, 2, do_counts, "ID"},
    {"document", 1, 1, do_document, ""},
    {"revoke", 1, 1, do_revoke, ""},
    {"quit", 1, 1, do_quit, ""},
};

static bool run_words(control *c, char **words, size_t n)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(commands[i].name, words[0]) != 0) {
            continue;
        }
        if (n < commands[i].least || n > commands[i].most) {
            return control_error(c, "usage: %s %s", words[0],
                                 commands[i].usage);
        }
        if (n > 1 && !sandbox_url(c->sandbox, words[1])) {
            return control_error(c, "no element %s", words[1]);
        }
        return commands[i].run(c, words, n);
    }
    return control_error(c, "unknown command: %s", words[0]);
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
