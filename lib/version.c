#include <artstore/version.h>

const char *se_version(void)
{
    return SE_VERSION;
}
