#include "operation.h"

#include <stdio.h>

#include "failnth.h"

/* True: as it should be. */
static bool judge(const char *name, const char *wrong, const char *when)
{
    if (wrong) {
        fprintf(stderr, "%s, %s: not %s\n", name, when, wrong);
    }
    return !wrong;
}

bool operation_survives(const operation *it)
{
    const char *wrong;
    bool ok = false;
    bool good = judge(it->name, it->run(&ok), "before") && ok;
    long live = failnth_live();

    failnth_arm();
    wrong = it->run(&ok);
    failnth_disarm();
    good = judge(it->name, wrong, "meanwhile") && good;
    if (failnth_live() != live) {
        fprintf(stderr, "%s: %ld blocks leaked\n", it->name,
                failnth_live() - live);
        good = false;
    }
    ok = false;
    return judge(it->name, it->run(&ok), "afterwards") && ok && good;
}
