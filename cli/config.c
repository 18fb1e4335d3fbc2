/*
 * config: which settings there are, where each comes from, what is wrong.
 */
#include "cli.h"

#include <string.h>

#include "check_report.h"
#include "json.h"
#include "table.h"

/* ---- show ---- */

typedef struct showing {
    const cli_options *options;
    table *table;
} showing;

static void show_json(const cli_options *options, const se_setting *setting)
{
    json_line line = json_begin(stdout, "setting");

    json_string(&line, "name", setting->name);
    json_optional(&line, "value", setting->value);
    json_string(&line, "origin", setting->origin);
    if (options->origin) {
        json_string(&line, "range", setting->range);
        json_string(&line, "description", setting->description);
        json_bool(&line, "unused", setting->unused);
    }
    json_end(&line);
}

static void show_row(const showing *s, const se_setting *setting)
{
    const char *const cells[] = {setting->name, setting->value,
                                 s->options->origin ? setting->origin : NULL};

    table_row(s->table, cells);
}

/* People see what has an effect, and what was set in vain. */
static bool is_of_interest(const se_setting *setting)
{
    return !setting->unused || strcmp(setting->origin, "default") != 0;
}

static void show(void *user, const se_setting *setting)
{
    const showing *s = user;

    if (s->options->json) {
        show_json(s->options, setting);
    } else if (is_of_interest(setting)) {
        show_row(s, setting);
    }
}

static int show_settings(const cli_options *options)
{
    static const char *const heading[] = {"NAME", "VALUE", "ORIGIN"};
    showing s = {options, NULL};
    int code = CLI_OK;

    if (!options->json) {
        s.table = table_new(options->origin ? 3 : 2, heading);
    }
    se_config_each(options->config, show, &s);
    table_print(s.table, stdout);
    for (const cli_problem *p = options->problems; p; p = p->next) {
        cli_message("%s%s", p->warning ? "warning: " : "", p->message);
        code = p->warning ? code : CLI_USAGE;
    }
    return code;
}

/* ---- check ---- */

/* The name stands before it already. */
static const char *without_name(const cli_problem *p)
{
    size_t length = strlen(p->name);

    return strncmp(p->message, p->name, length) == 0 &&
                   strncmp(p->message + length, ": ", 2) == 0
               ? p->message + length + 2
               : p->message;
}

static void report_problem(const cli_options *options, const cli_problem *p)
{
    char message[SE_MESSAGE_SIZE + 16];
    check_item item = {p->name, p->warning, message, NULL};

    snprintf(message, sizeof(message), "%s%s", p->warning ? "warning: " : "",
             without_name(p));
    check_report(options, &item);
}

static int check_settings(const cli_options *options)
{
    check_item good = {"settings", true, "nothing is wrong with them", NULL};
    size_t wrong = 0;

    for (const cli_problem *p = options->problems; p; p = p->next) {
        wrong += !p->warning;
        report_problem(options, p);
    }
    if (wrong == 0) {
        check_report(options, &good);
    }
    return wrong == 0 ? CLI_OK : CLI_USAGE;
}

int cli_config(const cli_options *options)
{
    const char *verb = options->n_arguments ? options->arguments[0] : "";

    if (options->n_arguments == 1 && strcmp(verb, "show") == 0) {
        return show_settings(options);
    }
    if (options->n_arguments == 1 && strcmp(verb, "check") == 0) {
        return check_settings(options);
    }
    return cli_usage("config what? show [--origin], or check; see: " CLI_NAME
                     " help config");
}
