/*
 * Files with settings. What is accepted is one line per setting, reads back as
 * the same, and shows no secret; what is not is told in one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void check_line(const char *text)
{
    must(se__text_is_clean(text, strlen(text)));
    must(se__utf8_valid(text, strlen(text)));
}

/* Only what came from the text: defaults are the table's affair. */
static void check_setting(void *user, const se_setting *setting)
{
    se_config *again = user;

    check_line(setting->value);
    check_line(setting->origin);
    must(!setting->secret || setting->value[0] == '\0' ||
         strcmp(setting->value, SE__MASK) == 0);
    if (strncmp(setting->origin, "file ", 5) == 0 && !setting->secret &&
        setting->value[0] && !strstr(setting->value, SE__MASK) &&
        strcmp(setting->name, "ARTSTORE_INGEST_SOURCE") != 0) {
        must(se_config_set(again, setting->name, setting->value, NULL, NULL) ==
             SE_OK);
    }
}

static void check_problem(void *user, const se_problem *problem)
{
    (void)user;
    check_line(problem->message);
    must(problem->message[0] != '\0');
}

static void check_options(se_config *config)
{
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;

    if (se_config_options(config, &options, &err) != SE_OK) {
        must(err.code == SE_E_CONFIG && err.message[0] != '\0');
        return;
    }
    for (size_t i = 0; i < options.n_sources; i++) {
        must(options.sources[i][0] != '\0');
        must(!strchr(options.sources[i], '\n'));
    }
    must(options.monitor->poll_min_ms <= options.monitor->poll_base_ms);
    must(options.monitor->poll_base_ms <= options.monitor->poll_max_ms);
    must(options.monitor->lease_renewal_ms < options.monitor->lease_ttl_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    se__config_reader reader = {NULL, check_problem, NULL, SE_ERROR_INIT,
                                false};
    se_config *again = NULL;
    char *text = malloc(size + 1);

    must(clearenv() == 0 && text);
    must(se_config_open(&reader.config, "", NULL) == SE_OK);
    must(se_config_open(&again, "", NULL) == SE_OK);
    memcpy(text, data, size);
    text[size] = '\0';
    se__config_read_text(&reader, "input", text, size);
    must(!reader.stop);
    se_config_each(reader.config, check_setting, again);
    check_options(reader.config);
    se_config_close(reader.config);
    se_config_close(again);
    free(text);
    return 0;
}
