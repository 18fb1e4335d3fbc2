#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ident.h"

static const char help[] =
    "usage: artstore-sandbox --dir DIR --element ID:MODE:PRIORITY[:SIZE] ...\n"
    "\n"
    "Runs storage elements on loopback ports, on disk, with faults.\n"
    "\n"
    "  --dir DIR             where files and the truth log go; made if "
    "missing\n"
    "  --element E           se-01:edit:100 or se-01:rw:200:10Mi; repeat it\n"
    "  --document FILE       fleet document; default DIR/fleet.json\n"
    "  --discard             keep no bytes\n"
    "  --fixed-checksum HEX  with --discard: answer this, hash nothing\n"
    "  --token-file FILE     bearer token that requests must carry\n"
    "  --admin ID:SECRET[:S] an Admin Module with this account, whose tokens "
    "live\n"
    "                        S seconds (1800); `--admin -`: one that asks for\n"
    "                        no token\n"
    "  --require-token       elements ask for a token of the Admin Module\n"
    "  --idle-ms N           close silent connections; default 60000\n"
    "  --control             read commands from standard input; see below\n"
    "  --stdin-close         end when standard input is closed\n"
    "  --quiet               print no elements, only `ready`\n"
    "  --help                this text\n"
    "\n"
    "Prints `ID URL MODE PRIORITY` for each element, `admin URL` for the "
    "Admin\n"
    "Module, then `ready`. Ends on SIGINT and SIGTERM. Exit status: 0, 1 if "
    "it\n"
    "cannot start, 2 wrong usage.\n"
    "\n"
    "Commands, each answered with one line: ok, error: WHY, or what it asks "
    "for\n"
    "  fault ID ROUTE WHEN ACTION [status=N] [body=TEXT] [header=TEXT]\n"
    "      [after_bytes=N] [bytes_per_s=N] [delay_ms=N] [skip=N] [times=N]\n"
    "    ID      of an element, or `admin`; so too below\n"
    "    ROUTE   upload capacity file delete gc; token list item; any\n"
    "    WHEN    before-body during-body after-body after-store\n"
    "    ACTION  none status close reset stall slow no-100 wrong-checksum\n"
    "            no-checksum garbage corrupt endless endless-headers\n"
    "            flood-1xx expect-417\n"
    "    TEXT    in \"...\" or '...' if it holds blanks\n"
    "  clear ID              forget its faults\n"
    "  kill ID, revive ID    stop listening and reset all; listen again\n"
    "  used ID BYTES         as if this much were in use; -1: the truth\n"
    "  mode ID MODE          edit rw ro ar\n"
    "  full-status ID N      507 before the body or 500 after it\n"
    "  counts ID             what it has seen, as JSON\n"
    "  revoke                no token given out so far is accepted any more\n"
    "  document              write the fleet document; its path\n"
    "  quit\n";

static parse_end bad(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static parse_end bad(const char *format, ...)
{
    va_list arguments;

    fputs("artstore-sandbox: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("; see --help\n", stderr);
    return PARSE_BAD;
}

bool size_parse(const char *text, int64_t *bytes)
{
    static const char units[] = "KMGT";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    const char *rest = text + digits + (unit ? 1 : 0);
    int64_t factor = *rest == 'i' ? 1024 : 1000;
    char number[20];

    if (digits == 0 || digits >= sizeof(number) || (!unit && *rest == 'i')) {
        return false;
    }
    rest += *rest == 'i';
    rest += *rest == 'B';
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (*rest || !sb_number_parse(number, bytes)) {
        return false;
    }
    for (const char *u = units; unit && u <= units + (unit - units); u++) {
        if (*bytes > INT64_MAX / factor) {
            return false;
        }
        *bytes *= factor;
    }
    return true;
}

static parse_end take_element(program_options *o, const char *text)
{
    size_t n = o->sandbox.n_elements;
    sandbox_element *element = &o->elements[n];
    char *rest = o->specs[n] = strdup(text);
    char *id = strsep(&rest, ":");
    char *mode = strsep(&rest, ":");
    char *priority = strsep(&rest, ":");
    int64_t number;

    if (!id || !*id || !mode || !priority) {
        free(o->specs[n]);
        o->specs[n] = NULL;
        return bad("--element takes ID:MODE:PRIORITY[:SIZE]");
    }
    o->sandbox.n_elements++;
    if (!sb_number_parse(priority, &number) || number > 1000000) {
        return bad("--element %s: no priority '%s'", id, priority);
    }
    if (rest &&
        (!size_parse(rest, &element->size_bytes) || element->size_bytes == 0)) {
        return bad("--element %s: no size '%s'", id, rest);
    }
    element->id = id;
    element->mode = mode;
    element->priority = (int)number;
    return PARSE_RUN;
}

static parse_end take_dir(program_options *o, const char *text)
{
    o->sandbox.dir = text;
    return PARSE_RUN;
}

static parse_end take_document(program_options *o, const char *text)
{
    free(o->document);
    o->document = strdup(text);
    return o->document ? PARSE_RUN : bad("out of memory");
}

static parse_end take_checksum(program_options *o, const char *text)
{
    uint8_t bytes[SB_SHA_BYTES];

    if (!sb_hex_parse(text, bytes, sizeof(bytes))) {
        return bad("--fixed-checksum takes 64 hex digits");
    }
    o->sandbox.fixed_checksum = text;
    return PARSE_RUN;
}

static parse_end take_token_file(program_options *o, const char *path)
{
    FILE *file = fopen(path, "re");
    size_t capacity = 0;
    ssize_t length;

    if (!file) {
        return bad("%s: %s", path, strerror(errno));
    }
    free(o->token);
    o->token = NULL;
    length = getline(&o->token, &capacity, file);
    fclose(file);
    if (length > 0) {
        o->token[strcspn(o->token, "\r\n")] = '\0';
    }
    if (length <= 0 || !*o->token) {
        return bad("%s: no token in its first line", path);
    }
    o->sandbox.token = o->token;
    return PARSE_RUN;
}

/* The secret may hold colons; what stands behind the last one is a number. */
static bool cut_ttl(char *secret, int *ttl_s)
{
    char *last = strrchr(secret, ':');
    int64_t number;

    if (!last) {
        return true;
    }
    if (!sb_number_parse(last + 1, &number) || number == 0 || number > 86400) {
        return false;
    }
    *last = '\0';
    *ttl_s = (int)number;
    return true;
}

static parse_end take_admin(program_options *o, const char *text)
{
    char *secret;

    o->sandbox.admin = true;
    if (strcmp(text, "-") == 0) {
        return PARSE_RUN;
    }
    free(o->account);
    o->account = strdup(text);
    secret = o->account ? strchr(o->account, ':') : NULL;
    if (!secret || !cut_ttl(secret + 1, &o->sandbox.token_ttl_s)) {
        return bad("--admin takes ID:SECRET[:SECONDS], or -");
    }
    *secret = '\0';
    o->sandbox.client_id = o->account;
    o->sandbox.client_secret = secret + 1;
    return PARSE_RUN;
}

static parse_end take_idle(program_options *o, const char *text)
{
    int64_t ms;

    if (!sb_number_parse(text, &ms) || ms == 0 || ms > 86400000) {
        return bad("--idle-ms takes 1 to 86400000");
    }
    o->sandbox.idle_ms = (int)ms;
    return PARSE_RUN;
}

static parse_end take_help(program_options *o, const char *text)
{
    (void)o;
    (void)text;
    fputs(help, stdout);
    return PARSE_HELP;
}

/* An option with a value or something to do, or a flag that is set. */
static const struct {
    const char *name;
    int has_value;
    parse_end (*take)(program_options *o, const char *text);
    size_t flag;
} table[] = {
    {"dir", required_argument, take_dir, 0},
    {"element", required_argument, take_element, 0},
    {"document", required_argument, take_document, 0},
    {"fixed-checksum", required_argument, take_checksum, 0},
    {"token-file", required_argument, take_token_file, 0},
    {"admin", required_argument, take_admin, 0},
    {"idle-ms", required_argument, take_idle, 0},
    {"require-token", no_argument, NULL,
     offsetof(program_options, sandbox.require_token)},
    {"discard", no_argument, NULL, offsetof(program_options, sandbox.discard)},
    {"control", no_argument, NULL, offsetof(program_options, control)},
    {"stdin-close", no_argument, NULL, offsetof(program_options, stdin_close)},
    {"quiet", no_argument, NULL, offsetof(program_options, quiet)},
    {"help", no_argument, take_help, 0},
};

#define N_TABLE (sizeof(table) / sizeof(*table))

static parse_end take_option(program_options *o, int which, const char *text)
{
    if (table[which].take) {
        return table[which].take(o, text);
    }
    *(bool *)((char *)o + table[which].flag) = true;
    return PARSE_RUN;
}

static parse_end take_all(program_options *o, int argc, char **argv)
{
    struct option known[N_TABLE + 1] = {{0}};
    parse_end end = PARSE_RUN;
    int which, c;

    for (size_t i = 0; i < N_TABLE; i++) {
        known[i] = (struct option){table[i].name, table[i].has_value, NULL, 0};
    }
    opterr = 0;
    while (end == PARSE_RUN &&
           (c = getopt_long(argc, argv, ":", known, &which)) != -1) {
        if (c == ':') {
            end = bad("%s needs a value", argv[optind - 1]);
        } else if (c == '?') {
            end = bad("unknown option %s", argv[optind - 1]);
        } else {
            end = take_option(o, which, optarg);
        }
    }
    if (end == PARSE_RUN && optind < argc) {
        end = bad("unexpected argument %s", argv[optind]);
    }
    return end;
}

static parse_end check(program_options *o)
{
    if (!o->sandbox.dir) {
        return bad("--dir is missing");
    }
    if (o->sandbox.n_elements == 0) {
        return bad("--element is missing");
    }
    if (o->sandbox.require_token && !o->sandbox.admin) {
        return bad("--require-token needs --admin");
    }
    if (o->sandbox.fixed_checksum && !o->sandbox.discard) {
        return bad("--fixed-checksum needs --discard");
    }
    if (!o->document &&
        asprintf(&o->document, "%s/fleet.json", o->sandbox.dir) < 0) {
        o->document = NULL;
        return bad("out of memory");
    }
    return PARSE_RUN;
}

parse_end options_parse(program_options *options, int argc, char **argv)
{
    parse_end end;

    *options = (program_options){0};
    /* No more elements than arguments. */
    options->elements = calloc((size_t)argc + 1, sizeof(sandbox_element));
    options->specs = calloc((size_t)argc + 1, sizeof(char *));
    if (!options->elements || !options->specs) {
        return bad("out of memory");
    }
    options->sandbox.elements = options->elements;
    end = take_all(options, argc, argv);
    return end == PARSE_RUN ? check(options) : end;
}

void options_fini(program_options *options)
{
    for (size_t i = 0; i < options->sandbox.n_elements; i++) {
        free(options->specs[i]);
    }
    free(options->specs);
    free(options->elements);
    free(options->document);
    free(options->token);
    free(options->account);
}
