/*
 * help env: the settings, from the library's table.
 */
#ifndef CLI_HELP_ENV_H
#define CLI_HELP_ENV_H

#include "cli.h"

void help_environment(const cli_options *options);

#endif
