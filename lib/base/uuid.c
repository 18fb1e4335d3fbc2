#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

static bool fill_random(void *bytes, size_t n, int *os_errno)
{
    char *at = bytes;

    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            *os_errno = errno;
            return false;
        }
        at += got;
        n -= (size_t)got;
    }
    return true;
}

se_err se__uuid_make(char out[SE__UUID_SIZE], se_error *err)
{
    static const size_t groups[] = {4, 2, 2, 2, 6};
    uint8_t bytes[16];
    int os_errno = 0;
    size_t from = 0;

    if (!fill_random(bytes, sizeof(bytes), &os_errno)) {
        return se__fail_errno(err, SE_E_SYSTEM, os_errno, "no random numbers");
    }
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* variant */
    for (size_t i = 0; i < SE__COUNT(groups); i++) {
        se__hex(out, bytes + from, groups[i]);
        out += 2 * groups[i];
        from += groups[i];
        *out++ = '-';
    }
    out[-1] = '\0';
    return SE_OK;
}

bool se__uuid_valid(const char *text)
{
    for (int i = 0; i < SE__UUID_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i])) {
            return false;
        }
    }
    return text[SE__UUID_SIZE - 1] == '\0';
}

/*
 * splitmix64, one state per thread: jitter needs no lock and no quality, but
 * two processes must not draw the same, hence the seed, also after a fork.
 */
typedef struct generator {
    uint64_t state;
    pid_t seeded_by; /* 0: not yet */
} generator;

static void seed(generator *g)
{
    int os_errno;

    if (!fill_random(&g->state, sizeof(g->state), &os_errno)) {
        g->state = (uint64_t)se__now_us() ^ (uint64_t)(uintptr_t)g;
    }
}

uint64_t se__random(void)
{
    static _Thread_local generator g;
    pid_t process = getpid();
    uint64_t z;

    if (g.seeded_by != process) {
        seed(&g);
        g.seeded_by = process;
    }
    g.state += UINT64_C(0x9e3779b97f4a7c15);
    z = g.state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
