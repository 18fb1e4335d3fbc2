/*
 * Settings as people and programs see them.
 */
#include "config/config.h"

#include <string.h>

/* Nothing that may be a secret. Sources are written into *buf. */
static const char *shown_value(const se_config *config,
                               const se__setting_row *row, se__buf *buf)
{
    const char *text = se__config_text(config, row->name);

    if (!text) {
        return "";
    }
    if (row->type == SE__SETTING_SECRET) {
        return SE__MASK;
    }
    if (row->type == SE__SETTING_SOURCES) {
        return se__sources_show(text, buf) ? buf->data : SE__MASK;
    }
    return text;
}

static void show(const se_config *config, size_t i, se_setting_fn fn,
                 void *user)
{
    const se__setting_row *row = &se__settings[i];
    se__buf buf = SE__BUF_INIT;
    const char *origin = config->values[i].origin;
    char range[SE__RANGE_SIZE];
    se_setting setting = {.size = sizeof(setting)};

    se__setting_range(row, range);
    setting.name = row->name;
    setting.environment = row->above ? row->above : row->name;
    setting.value = shown_value(config, row, &buf);
    setting.origin = origin ? origin : "default";
    setting.description = row->text;
    setting.range = range;
    setting.secret = row->type == SE__SETTING_SECRET;
    setting.unused = row->use == SE__USE_NONE;
    setting.scope = (se_setting_scope)row->use;
    setting.default_value = se__config_default(config, row);
    fn(user, &setting);
    se__buf_fini(&buf);
}

void se_config_each(const se_config *config, se_setting_fn fn, void *user)
{
    for (size_t i = 0; i < se__n_settings; i++) {
        show(config, i, fn, user);
    }
}

const char *se_config_value(const se_config *config, const char *name)
{
    int row = name ? se__setting_find(name, strlen(name)) : -1;

    if (row < 0 || se__settings[row].type == SE__SETTING_SECRET ||
        se__settings[row].type == SE__SETTING_SOURCES) {
        return NULL;
    }
    return se__config_text(config, se__settings[row].name);
}
