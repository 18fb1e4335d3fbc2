#include "comma_locale.h"

#include <locale.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool run(const char *words, const char *folder)
{
    char shell[] = "sh", option[] = "-c", command[200];
    char *argv[] = {shell, option, command, NULL};
    pid_t pid;
    int status;

    snprintf(command, sizeof(command), "%s %s", words, folder);
    return posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0 &&
           waitpid(pid, &status, 0) == pid && status == 0;
}

static bool make_and_set(const char *folder)
{
    char path[80];

    snprintf(path, sizeof(path), "%s/ru_RU.UTF-8", folder);
    if (!run("localedef --no-archive -i ru_RU -f UTF-8", path)) {
        return false;
    }
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "ru_RU.UTF-8") != NULL &&
           localeconv()->decimal_point[0] == ',';
}

bool comma_locale_set(void)
{
    char folder[] = "/tmp/artstore-locale-XXXXXX";
    bool set;

    if (mkdtemp(folder) == NULL) {
        return false;
    }
    set = make_and_set(folder);
    run("rm -rf", folder);
    if (!set) {
        printf("no locale with a decimal comma could be made: not tested\n");
    }
    return set;
}
