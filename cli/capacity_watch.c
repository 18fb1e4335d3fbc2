#include "capacity_watch.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "signals.h"
#include "stay.h"
#include "units.h"

/* What was last said of an element. */
typedef struct said {
    char id[SE_ID_SIZE];
    se_mode mode;
    int64_t total;
    int64_t used;
    int64_t available;
    se_health health;
} said;

typedef struct watch {
    const cli_options *options;
    cli_session session;
    said *said;
    size_t count;
    bool has_role;
    se_role role;
    bool again; /* say everything, changed or not */
} watch;

/* ---- elements ---- */

static said what_is(const se_capacity *capacity)
{
    said now = {
        .mode = capacity->mode,
        .total = capacity->total_bytes,
        .used = capacity->used_bytes,
        .available = capacity->available_bytes,
        .health = capacity->health,
    };

    snprintf(now.id, sizeof(now.id), "%s", capacity->id);
    return now;
}

static bool is_same(const said *a, const said *b)
{
    return a->mode == b->mode && a->total == b->total && a->used == b->used &&
           a->available == b->available && a->health == b->health;
}

/* Remembers it. False: that is what was said last. */
static bool is_news(watch *w, const said *now)
{
    said *grown;

    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->said[i].id, now->id) == 0) {
            bool same = is_same(&w->said[i], now);

            w->said[i] = *now;
            return !same;
        }
    }
    grown = realloc(w->said, (w->count + 1) * sizeof(*grown));
    if (grown) {
        w->said = grown;
        w->said[w->count++] = *now;
    }
    return true;
}

static void print_element(const se_capacity *capacity)
{
    char now[STAY_TIME_SIZE];
    char total[UNITS_SIZE];
    char available[UNITS_SIZE];

    stay_time(now);
    units_bytes(total, capacity->total_bytes);
    units_bytes(available, capacity->available_bytes);
    printf("%s  %s  %s  %s  %s of %s free  by %s", now, capacity->id,
           se_mode_name(capacity->mode), se_health_name(capacity->health),
           available, total, se_origin_name(capacity->origin));
    if (capacity->error[0]) {
        fputs("  ", stdout);
        cli_print(stdout, capacity->error);
    }
    putchar('\n');
    fflush(stdout);
}

static void on_element(void *user, const se_capacity *capacity)
{
    watch *w = user;
    said now = what_is(capacity);

    if (!is_news(w, &now) && !w->again) {
        return;
    }
    if (w->options->json) {
        capacity_json(capacity);
    } else {
        print_element(capacity);
    }
}

/* ---- role ---- */

static void report_role(const watch *w, const char *instance)
{
    char now[STAY_TIME_SIZE];
    json_line line;

    if (w->options->json) {
        line = json_begin(stdout, "role");
        json_string(&line, "instance_id", instance);
        json_string(&line, "role", se_role_name(w->role));
        json_end(&line);
    } else {
        stay_time(now);
        printf("%s  this is %s, %s\n", now, instance, se_role_name(w->role));
        fflush(stdout);
    }
}

static void look(void *user, bool asked)
{
    watch *w = user;
    se_monitor *monitor = se_ingest_monitor(w->session.ingest);
    se_role role = se_monitor_role(monitor);

    w->again = asked;
    if (!w->has_role || role != w->role || asked) {
        w->has_role = true;
        w->role = role;
        report_role(w, se_monitor_instance_id(monitor));
    }
    se_monitor_each(monitor, on_element, w, NULL);
}

/* ---- from beginning to end ---- */

static int begin(watch *w)
{
    se_error err = SE_ERROR_INIT;
    int code = cli_session_open_with_list(&w->session, w->options);

    if (code == CLI_OK &&
        se_ingest_start(w->session.ingest, SE_START_ALL, &err) != SE_OK) {
        cli_message("%s", err.message);
        code = se_err_exit_code(err.code);
    }
    return code;
}

int capacity_watch(const cli_options *options)
{
    watch w = {.options = options};
    int signals = signals_open();
    int code;

    if (signals < 0) {
        return CLI_FAILED;
    }
    code = begin(&w);
    if (code == CLI_OK) {
        code = stay(options, signals, look, &w);
    } else {
        code = signals_code(signals, code);
    }
    signals_close(signals);
    cli_session_close(&w.session);
    free(w.said);
    return code;
}
