/*
 * within KIB COMMAND [ARG...]: runs a command and fails with 99 if it ever had
 * more than so much memory resident; else ends as it did.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    long most = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    struct rusage usage;
    int status = 0;
    pid_t child;

    if (most <= 0) {
        fprintf(stderr, "usage: within KIB COMMAND [ARG...]\n");
        return 98;
    }
    child = fork();
    if (child == 0) {
        execvp(argv[2], &argv[2]);
        fprintf(stderr, "within: %s: %s\n", argv[2], strerror(errno));
        _exit(98);
    }
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
        /* wait on */
    }
    if (usage.ru_maxrss > most) {
        fprintf(stderr, "within: %ld KiB resident, more than %ld\n",
                usage.ru_maxrss, most);
        return 99;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
