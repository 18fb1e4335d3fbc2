#include "program.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void program_run(program *p, const char *path, const char *const *arguments)
{
    int in[2], out[2];

    memset(p, 0, sizeof(*p));
    p->pid = -1;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        return;
    }
    p->pid = fork();
    if (p->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        execvp(path, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    p->in = fdopen(in[1], "w");
    p->out = fdopen(out[0], "r");
}

const char *program_line(program *p)
{
    if (!fgets(p->line, sizeof(p->line), p->out)) {
        return "";
    }
    p->line[strcspn(p->line, "\n")] = '\0';
    return p->line;
}

int program_end(program *p)
{
    int status = 0;

    if (p->in) {
        fclose(p->in);
    }
    fclose(p->out);
    if (waitpid(p->pid, &status, 0) != p->pid) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
