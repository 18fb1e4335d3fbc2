/*
 * capacity: how much room every element has, as it says itself.
 */
#include "cli.h"

#include <inttypes.h>

#include "capacity_watch.h"
#include "json.h"
#include "table.h"
#include "units.h"

void capacity_json(const se_capacity *capacity)
{
    json_line line = json_begin(stdout, "capacity");

    json_string(&line, "id", capacity->id);
    json_string(&line, "mode", se_mode_name(capacity->mode));
    json_int(&line, "total", capacity->total_bytes);
    json_int(&line, "used", capacity->used_bytes);
    json_int(&line, "available", capacity->available_bytes);
    json_percent(&line, "percent_used", capacity->percent_used);
    json_string(&line, "health", se_health_name(capacity->health));
    json_int(&line, "age_ms", capacity->age_ms);
    json_string(&line, "origin", se_origin_name(capacity->origin));
    if (capacity->error[0]) {
        json_string(&line, "error", capacity->error);
    }
    json_end(&line);
}

static void print_json(void *user, const se_capacity *capacity)
{
    (void)user;
    capacity_json(capacity);
}

static void print_row(void *user, const se_capacity *capacity)
{
    char total[UNITS_SIZE];
    char used[UNITS_SIZE];
    char available[UNITS_SIZE];
    char percent[UNITS_SIZE] = "-";
    char age[UNITS_SIZE];
    const char *const cells[] = {capacity->id,
                                 se_mode_name(capacity->mode),
                                 total,
                                 used,
                                 available,
                                 percent,
                                 se_health_name(capacity->health),
                                 age,
                                 capacity->error};

    units_bytes(total, capacity->total_bytes);
    units_bytes(used, capacity->used_bytes);
    units_bytes(available, capacity->available_bytes);
    units_duration(age, capacity->age_ms);
    if (capacity->percent_used >= 0) {
        snprintf(percent, sizeof(percent), "%.1f %%", capacity->percent_used);
    }
    table_row(user, cells);
}

int cli_capacity(const cli_options *options)
{
    static const char *const heading[] = {
        "ID", "MODE", "TOTAL", "USED", "FREE", "FULL", "HEALTH", "AGE", ""};
    cli_session session;
    se_error err = SE_ERROR_INIT;
    table *t;
    int code;

    if (options->n_arguments > 0) {
        return cli_usage("capacity takes no argument");
    }
    if (options->watch) {
        return capacity_watch(options);
    }
    code = cli_session_open_with_list(&session, options);
    if (code != CLI_OK) {
        return code;
    }
    t = options->json ? NULL : table_new(9, heading);
    if (se_capacity_poll(se_ingest_uploader(session.ingest), 0,
                         options->json ? print_json : print_row, t,
                         &err) != SE_OK) {
        cli_message("%s", err.message);
        code = se_err_exit_code(err.code);
    }
    table_print(t, stdout);
    cli_session_close(&session);
    return code;
}
