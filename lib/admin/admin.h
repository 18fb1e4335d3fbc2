/*
 * The Admin Module, for the library: tokens that nobody blocks for, the list,
 * the figures of one element.
 */
#ifndef SE_ADMIN_ADMIN_H
#define SE_ADMIN_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/admin.h>

#include "admin/reply.h"

/* NULL in, NULL out. */
se_admin *se__admin_ref(se_admin *admin);
/* Not on the Admin's own thread; the last one waits until that has ended. */
void se__admin_unref(se_admin *admin);
/* Normalised, without user and password; a view. */
const char *se__admin_url(const se_admin *admin);

/*
 * Somebody who waits for a token without blocking; zeroed first, stays where
 * it is until se__admin_leave().
 */
typedef struct se__token_wait {
    /* A request ended: ask again. On the Admin's thread, with its lock held:
     * may post, and nothing else. */
    void (*ready)(struct se__token_wait *wait);
    /* An element insists on a token: wait however long a request takes. */
    bool insists;

    /* private */
    struct se__token_wait *prev, *next;
    bool linked;
    uint64_t awaits; /* the request that was waited for; 0: none yet */
} se__token_wait;

typedef enum se__token_answer {
    SE__TOKEN_HERE,  /* *token is owned by the caller, a secret */
    SE__TOKEN_NONE,  /* there is no account: go without */
    SE__TOKEN_LATER, /* ready() will be called */
    SE__TOKEN_DENIED /* err says why; see se__admin_is_silent() */
} se__token_answer;

/*
 * Ask for a token; `stale` is the one that was refused, NULL: none was. A token
 * that equals it means that no other is to be had. After LATER and ready() the
 * second call tells how the request ended, whatever it brought. Who does not
 * insist waits for no request that is late, and for none after one that got no
 * answer: those go on in the background. Any thread; never blocks, but may read
 * a small file.
 */
se__token_answer se__admin_token(se_admin *admin, const char *stale,
                                 se__token_wait *wait, char **token,
                                 se_error *err);
/* ready() is not running afterwards, and will not be called. */
void se__admin_leave(se_admin *admin, se__token_wait *wait);

/* Nobody answered a token request as expected, as opposed to refusing it. */
bool se__admin_is_silent(se_err code);

/*
 * The rest blocks, up to timeout_ms; any thread but the Admin's. Messages begin
 * with "Admin Module URL". SE_E_CANCELED once stop_fd is readable; -1: none.
 */
se_err se__admin_list(se_admin *admin, int timeout_ms, int stop_fd,
                      se_topology **out, se_error *err);
/* SE_E_NOT_FOUND if it does not know the element. */
se_err se__admin_capacity(se_admin *admin, const char *id, int timeout_ms,
                          se__admin_figures *out, se_error *err);

#endif
