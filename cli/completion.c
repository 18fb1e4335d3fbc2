/*
 * completion: what shells need to know of the commands and their options, from
 * the tables that the program itself uses.
 *
 * bash and zsh get a function with three questions: which command stands there
 * already, does the option before the cursor take one of some words, and what
 * else may stand here? Where nothing is known, files are completed.
 */
#include <string.h>

#include "option_table.h"

/* ---- what the tables say ---- */

/* The words of a command are listed in its details. */
static bool has_verbs(const cli_command *command)
{
    return strncmp(command->arguments, "VERB", 4) == 0 ||
           strcmp(command->arguments, "SHELL") == 0;
}

static void print_verbs(const cli_command *command, const char *separator)
{
    for (size_t i = 0; command->details[i].word; i++) {
        const char *word = command->details[i].word;

        printf("%s%.*s", i ? separator : "", (int)strcspn(word, " "), word);
    }
}

static void print_commands(const char *separator)
{
    for (size_t i = 0; i < cli_n_commands; i++) {
        printf("%s%s", i ? separator : "", cli_commands[i].name);
    }
}

static bool is_option_of(const option_spec *spec, unsigned bit)
{
    return spec->commands == CLI_FOR_ALL || (spec->commands & bit);
}

static void print_options(unsigned bit)
{
    const char *separator = "";

    for (size_t i = 0; i < cli_n_option_specs; i++) {
        if (is_option_of(&cli_option_specs[i], bit)) {
            printf("%s--%s", separator, cli_option_specs[i].name);
            separator = " ";
        }
    }
}

static void print_choices(const option_spec *spec)
{
    for (const char *c = spec->argument; *c; c++) {
        putchar(*c == '|' ? ' ' : *c);
    }
}

/* ---- bash and zsh: cases of the same form ---- */

/* What does the option before the cursor take? */
static void print_value_cases(void)
{
    for (size_t i = 0; i < cli_n_option_specs; i++) {
        if (cli_option_specs[i].kind == CHOICE) {
            printf("    --%s) known='", cli_option_specs[i].name);
            print_choices(&cli_option_specs[i]);
            printf("' ;;\n");
        }
    }
    fputs("    ", stdout);
    for (size_t i = 0, n = 0; i < cli_n_option_specs; i++) {
        if (cli_option_specs[i].kind != CHOICE &&
            cli_option_specs[i].kind != FLAG) {
            printf("%s--%s", n++ ? "|" : "", cli_option_specs[i].name);
        }
    }
    puts(") files=yes ;;");
}

/* What may stand here? */
static void print_word_cases(void)
{
    for (size_t i = 0; i < cli_n_commands; i++) {
        const cli_command *command = &cli_commands[i];

        printf("    %s:-*) known='", command->name);
        print_options(command->bit);
        puts("' ;;");
        if (has_verbs(command)) {
            printf("    %s:*) known='", command->name);
            print_verbs(command, " ");
            puts("' ;;");
        }
    }
    fputs("    help:*) known='exit-codes env json ", stdout);
    print_commands(" ");
    fputs("' ;;\n    :-*) known='", stdout);
    print_options(CLI_FOR_ALL);
    fputs("' ;;\n    :*) known='", stdout);
    print_commands(" ");
    puts("' ;;");
}

static void print_cases(const char *before, const char *now)
{
    printf("    case %s in\n", before);
    print_value_cases();
    printf("    esac\n    [ -n \"$known$files\" ] || case $command:%s in\n",
           now);
    print_word_cases();
    puts("    esac");
}

static void print_command_case(const char *word)
{
    printf("        case %s in\n        ", word);
    print_commands("|");
    printf(") command=%s; break ;;\n        esac\n", word);
}

static void print_bash(void)
{
    puts("_artstore_ingest()\n{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} command='' known='' "
         "files='' i\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do");
    print_command_case("${COMP_WORDS[i]}");
    puts("    done");
    print_cases("${COMP_WORDS[COMP_CWORD-1]}", "$word");
    puts("    COMPREPLY=()\n"
         "    [ -z \"$known\" ] || mapfile -t COMPREPLY < <(compgen -W "
         "\"$known\" -- \"$word\")\n"
         "}\n"
         "complete -o default -F _artstore_ingest " CLI_NAME);
}

static void print_zsh(void)
{
    puts("#compdef " CLI_NAME "\n"
         "_artstore_ingest()\n{\n"
         "    local word command='' known='' files=''\n"
         "    for word in ${words[2,CURRENT-1]}; do");
    print_command_case("$word");
    puts("    done");
    print_cases("$words[CURRENT-1]", "$words[CURRENT]");
    puts("    if [ -n \"$known\" ]; then\n"
         "        compadd -- ${=known}\n"
         "    else\n"
         "        _files\n"
         "    fi\n"
         "}\n"
         "# Loaded by compinit, or sourced.\n"
         "if [ \"$funcstack[1]\" = _" CLI_NAME " ]; then\n"
         "    _artstore_ingest\n"
         "else\n"
         "    compdef _artstore_ingest " CLI_NAME "\n"
         "fi");
}

/* ---- fish: a line per command and option ---- */

static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('\'');
}

static void print_fish_condition(unsigned bits)
{
    if (bits == CLI_FOR_ALL) {
        return;
    }
    fputs(" -n '__fish_seen_subcommand_from", stdout);
    for (size_t i = 0; i < cli_n_commands; i++) {
        if (cli_commands[i].bit & bits) {
            printf(" %s", cli_commands[i].name);
        }
    }
    putchar('\'');
}

static void print_fish_option(const option_spec *spec)
{
    fputs("complete -c " CLI_NAME, stdout);
    print_fish_condition(spec->commands);
    printf(" -l %s", spec->name);
    if (spec->letter) {
        printf(" -s %c", spec->letter);
    }
    if (spec->kind == CHOICE) {
        fputs(" -x -a '", stdout);
        print_choices(spec);
        putchar('\'');
    } else if (spec->kind != FLAG) {
        fputs(" -r", stdout);
    }
    fputs(" -d ", stdout);
    print_quoted(spec->help);
    putchar('\n');
}

static void print_fish_command(const cli_command *command)
{
    printf("complete -c " CLI_NAME " -f -n __fish_use_subcommand -a %s -d ",
           command->name);
    print_quoted(command->summary);
    putchar('\n');
    if (has_verbs(command)) {
        fputs("complete -c " CLI_NAME, stdout);
        print_fish_condition(command->bit);
        fputs(" -a '", stdout);
        print_verbs(command, " ");
        puts("'");
    }
}

static void print_fish(void)
{
    for (size_t i = 0; i < cli_n_commands; i++) {
        print_fish_command(&cli_commands[i]);
    }
    for (size_t i = 0; i < cli_n_option_specs; i++) {
        print_fish_option(&cli_option_specs[i]);
    }
}

int cli_completion(const cli_options *options)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {
        {"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    const char *name = options->n_arguments == 1 ? options->arguments[0] : "";

    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(name, shells[i].name) == 0) {
            shells[i].print();
            return CLI_OK;
        }
    }
    return cli_usage("completion for which shell? bash, zsh or fish");
}
