/*
 * doctor: tries everything that an upload needs, and says what to do about what
 * is wrong.
 */
#include "doctor.h"

#include <stdio.h>

#include "units.h"

#define PATIENCE_MS 5000 /* with an element; an upload has less */

bool doctor_say(doctor *d, const char *item, bool ok, const char *message,
                const char *advice)
{
    check_item check = {item, ok, message, ok ? NULL : advice};

    d->tried++;
    d->wrong += !ok;
    check_report(d->options, &check);
    return ok;
}

/* ---- elements ---- */

static void element_is_there(doctor *d, const char *item,
                             const se_capacity *capacity)
{
    char available[UNITS_SIZE];
    char message[160];

    units_bytes(available, capacity->available_bytes);
    snprintf(message, sizeof(message), "mode %s, %s, %s free",
             se_mode_name(capacity->mode), se_health_name(capacity->health),
             available);
    doctor_say(d, item, true, message, NULL);
}

static void on_element(void *user, const se_capacity *capacity)
{
    doctor *d = user;
    char item[SE_ID_SIZE + 16];

    snprintf(item, sizeof(item), "element %s", capacity->id);
    if (capacity->error[0]) {
        d->is_down |= !doctor_say(
            d, item, false, capacity->error,
            "uploads go to other elements meanwhile; is it up, and is the "
            "address in the list right as seen from here?");
    } else if (capacity->health == SE_HEALTH_UNHEALTHY) {
        d->is_down |= !doctor_say(d, item, false, "says that it is unhealthy",
                                  "see its own log");
    } else if (capacity->origin != SE_ORIGIN_POLL) {
        d->is_down |=
            !doctor_say(d, item, false, "answers, but not with its capacity",
                        "is that address a storage element? see its own log");
    } else {
        element_is_there(d, item, capacity);
    }
}

static void try_elements(doctor *d)
{
    se_error err = SE_ERROR_INIT;

    if (se_capacity_poll(se_ingest_uploader(d->session.ingest), PATIENCE_MS,
                         on_element, d, &err) != SE_OK) {
        d->is_down |=
            !doctor_say(d, "elements", false, err.message, "try again");
    }
}

/* ---- all together ---- */

static int exit_code(const doctor *d)
{
    if (d->lists == 0) {
        return se_err_exit_code(SE_E_DISCOVERY);
    }
    if (d->token_refused) {
        return se_err_exit_code(SE_E_AUTH);
    }
    if (d->is_down) {
        return CLI_TEMPORARY;
    }
    return d->misconfigured ? CLI_USAGE : CLI_OK;
}

static void sum_up(const doctor *d)
{
    if (d->options->json || d->options->quiet) {
        return;
    }
    if (d->wrong == 0) {
        printf("\nall %zu are fine\n", d->tried);
    } else {
        printf("\n%zu of %zu need%s attention\n", d->wrong, d->tried,
               d->wrong == 1 ? "s" : "");
    }
}

int cli_doctor(const cli_options *options)
{
    doctor d = {.options = options};
    int code;

    if (options->n_arguments > 0) {
        return cli_usage("doctor takes no argument");
    }
    code = cli_session_open(&d.session, options);
    if (code != CLI_OK) {
        return code;
    }
    doctor_sources(&d);
    doctor_token(&d);
    if (doctor_list(&d)) {
        try_elements(&d);
    }
    doctor_state_dir(&d);
    doctor_clock(&d);
    sum_up(&d);
    cli_session_close(&d.session);
    return exit_code(&d);
}
