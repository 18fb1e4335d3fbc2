#include "help_env.h"

#include <string.h>

#include "entry.h"

#define COLUMNS 24

typedef struct listing {
    se_setting_scope scope;
    size_t used; /* columns of a line of names */
} listing;

/* Any text will do: not worth saying. */
static bool is_told(const char *range)
{
    return strcmp(range, "one line of text") != 0;
}

/* What it is (what is allowed; the default) */
static void print_setting(void *user, const se_setting *setting)
{
    const listing *l = user;
    const char *range = is_told(setting->range) ? setting->range : "";
    const char *otherwise = setting->default_value;
    bool both = range[0] && otherwise[0];
    bool any = range[0] || otherwise[0];
    char right[512];

    if (setting->scope == l->scope) {
        snprintf(right, sizeof(right), "%s%s%s%s%s%s", setting->description,
                 any ? " (" : "", range, both ? "; " : "", otherwise,
                 any ? ")" : "");
        entry_print(stdout, COLUMNS, setting->environment, right);
    }
}

static void print_name(void *user, const se_setting *setting)
{
    listing *l = user;
    size_t length = strlen(setting->name) + 1;

    if (setting->scope != l->scope) {
        return;
    }
    if (l->used + length > 78) {
        fputs("\n ", stdout);
        l->used = 1;
    }
    printf(" %s", setting->name);
    l->used += length;
}

static void print_scope(const cli_options *options, se_setting_scope scope)
{
    listing l = {scope, 1};

    se_config_each(options->config, print_setting, &l);
}

void help_environment(const cli_options *options)
{
    listing unused = {SE_SETTING_UNUSED, 1};

    puts("Settings are variables of the environment, or stand under the same "
         "names in a\nfile (--config). An option stands above "
         "ARTSTORE_INGEST_..., that above the other\nvariables, those above "
         "the file. An empty value counts as not given. on, true,\nyes and 1 "
         "are the same, so are off, false, no and 0.\n");
    print_scope(options, SE_SETTING_LIBRARY);
    puts("\nOf this command only:");
    print_scope(options, SE_SETTING_COMMAND);
    puts("\nOf the server only:");
    print_scope(options, SE_SETTING_SERVER);
    fputs("\nAccepted without effect, because artStore's own ingester is "
          "given them:\n ",
          stdout);
    se_config_each(options->config, print_name, &unused);
    puts("\n\nNO_COLOR and TERM=dumb keep progress plain; TMPDIR is where "
         "standard input is\nkept until it is stored; XDG_STATE_HOME is where "
         "the state directory lies.");
}
