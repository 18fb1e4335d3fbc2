#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli.h"

static void choose_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGUSR1);
}

int signals_open(void)
{
    sigset_t set;
    int fd;

    choose_signals(&set);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) {
        cli_message("signals cannot be blocked");
        return -1;
    }
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        cli_message("signalfd: %s", strerror(errno));
    }
    return fd;
}

int signals_take(int fd)
{
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return 0;
    }
    return (int)info.ssi_signo;
}

int signals_wait(int fd, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, timeout_ms) > 0 ? signals_take(fd) : 0;
}

int signals_code(int fd, int code)
{
    int signal = signals_take(fd);

    return signal == SIGINT || signal == SIGTERM ? 128 + signal : code;
}

void signals_close(int fd)
{
    sigset_t set;

    if (fd < 0) {
        return;
    }
    while (signals_take(fd) == SIGUSR1) {
        /* would end the process, and is too late */
    }
    close(fd);
    choose_signals(&set);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
