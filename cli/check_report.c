#include "check_report.h"

#include "json.h"

void check_report(const cli_options *options, const check_item *check)
{
    json_line line;

    if (options->json) {
        line = json_begin(stdout, "check");
        json_string(&line, "item", check->item);
        json_bool(&line, "ok", check->ok);
        json_string(&line, "message", check->message);
        if (check->advice) {
            json_string(&line, "advice", check->advice);
        }
        json_end(&line);
    } else if (!options->quiet || !check->ok) {
        fputs(check->ok ? "ok   " : "bad  ", stdout);
        cli_print(stdout, check->item);
        fputs(": ", stdout);
        cli_print(stdout, check->message);
        if (check->advice) {
            fputs("; ", stdout);
            cli_print(stdout, check->advice);
        }
        putchar('\n');
        fflush(stdout);
    }
}
