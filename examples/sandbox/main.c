/*
 * artstore-sandbox: storage elements to try things on.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control.h"
#include "options.h"

#define MAX_LINE 65536

/* Standard input, cut into lines. */
typedef struct input {
    char line[MAX_LINE];
    size_t length;
    bool too_long; /* until the line's end */
} input;

/* Every connection is a descriptor. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* The signals that end the program, as a descriptor; -1: errno. */
static int open_signals(void)
{
    sigset_t ending;

    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &ending, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &ending, SFD_CLOEXEC);
}

static void run_line(control *c, input *in)
{
    if (in->too_long) {
        fputs("error: the line is too long\n", c->out);
        fflush(c->out);
    } else {
        in->line[in->length] = '\0';
        control_line(c, in->line);
    }
    in->length = 0;
    in->too_long = false;
}

/* False: standard input is closed. */
static bool read_input(input *in, control *c)
{
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

    if (n < 0 && errno == EINTR) {
        return true;
    }
    for (ssize_t i = 0; c && i < n && !c->quit; i++) {
        if (bytes[i] == '\n') {
            run_line(c, in);
        } else if (in->length + 1 == MAX_LINE) {
            in->too_long = true;
        } else {
            in->line[in->length++] = bytes[i];
        }
    }
    return n > 0;
}

static void run(const program_options *options, control *c, int signals)
{
    static const int no_input = -1;
    bool reads = options->control || options->stdin_close;
    struct pollfd fds[2] = {
        {.fd = signals, .events = POLLIN},
        {.fd = reads ? STDIN_FILENO : no_input, .events = POLLIN}};
    input in = {.length = 0};

    while (!c->quit) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (fds[0].revents) {
            return;
        }
        if (fds[1].revents && !read_input(&in, options->control ? c : NULL)) {
            if (options->stdin_close) {
                return;
            }
            fds[1].fd = no_input;
        }
    }
}

static void announce(const program_options *options, sandbox *s)
{
    for (size_t i = 0; !options->quiet && i < options->sandbox.n_elements;
         i++) {
        const sandbox_element *element = &options->elements[i];

        printf("%s %s %s %d\n", element->id, sandbox_url(s, element->id),
               element->mode, element->priority);
    }
    if (!options->quiet && options->sandbox.admin) {
        printf("admin %s\n", sandbox_url(s, "admin"));
    }
    puts("ready");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    program_options options;
    control c = {.out = stdout};
    parse_end end = options_parse(&options, argc, argv);
    int signals = -1, status = end == PARSE_BAD ? 2 : 0;

    if (end != PARSE_RUN) {
        goto done;
    }
    status = 1;
    raise_descriptors();
    signals = open_signals();
    if (signals < 0) {
        fprintf(stderr, "artstore-sandbox: signals: %s\n", strerror(errno));
        goto done;
    }
    c.sandbox = sandbox_start(&options.sandbox);
    if (!c.sandbox) {
        goto done;
    }
    c.document = options.document;
    if (!sandbox_write_document(c.sandbox, options.document)) {
        fprintf(stderr, "artstore-sandbox: %s: %s\n", options.document,
                strerror(errno));
        goto done;
    }
    announce(&options, c.sandbox);
    run(&options, &c, signals);
    status = 0;
done:
    sandbox_stop(c.sandbox);
    if (signals >= 0) {
        close(signals);
    }
    options_fini(&options);
    return status;
}
