/*
 * The words of selection.
 */
#include <artstore/selector.h>

#include "base/mem.h"

const char *se_policy_name(se_policy policy)
{
    static const char *const names[] = {
#define SE_POLICY_NAME(name, text) [SE_POLICY_##name] = text,
        SE_POLICY_MAP(SE_POLICY_NAME)
#undef SE_POLICY_NAME
    };

    return (unsigned)policy < SE__COUNT(names) ? names[policy] : "?";
}

const char *se_reason_name(se_reason reason)
{
    static const char *const names[] = {
#define SE_REASON_NAME(name, text) [SE_REASON_##name] = text,
        SE_REASON_MAP(SE_REASON_NAME)
#undef SE_REASON_NAME
    };

    return (unsigned)reason < SE__COUNT(names) ? names[reason] : "?";
}

const char *se_outcome_name(se_outcome outcome)
{
    static const char *const names[] = {
        [SE_REJECTED] = "rejected",
        [SE_STORED] = "stored",
        [SE_UNKNOWN] = "unknown",
    };

    return (unsigned)outcome < SE__COUNT(names) ? names[outcome] : "?";
}

const char *se_retention_name(se_retention retention)
{
    static const char *const names[] = {
        [SE_TEMPORARY] = "temporary",
        [SE_PERMANENT] = "permanent",
    };

    return (unsigned)retention < SE__COUNT(names) ? names[retention] : "?";
}
