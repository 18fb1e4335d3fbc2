/*
 * Finding secrets in text that is on its way to a log or an error.
 *
 * Design notes. Nothing here knows what our secrets are: peers quote requests,
 * and people put passwords into URLs. So it goes by form:
 *
 *   scheme://USERINFO@host
 *   Bearer TOKEN, Basic CREDENTIALS, eyJ... (a JWT)
 *   Authorization: REST OF THE LINE, likewise cookies and API keys
 *   KEY=VALUE, KEY:VALUE, "KEY": "VALUE" where KEY ends with password, secret,
 *     token ...
 *   with args beginning with: REST (Redis quotes what it does not know, AUTH
 *     under another name too)
 *
 * It rather hides a word too many than a secret too few; but plain words behind
 * "bearer" or "token: " are left, or no error could speak of them.
 */
#ifndef SE_BASE_REDACT_H
#define SE_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/* What stands in a secret's place. */
#define SE__MASK "********"

/* Where the search is; start from SE__SECRETS(text, length). */
typedef struct se__secrets {
    const char *text;
    const char *at;
    const char *end;
    const char *no_user; /* no userinfo ends before */
} se__secrets;

#define SE__SECRETS(string, length)                                            \
    {                                                                          \
        .text = (string), .at = (string), .end = (string) + (length)           \
    }

/*
 * The next secret: text from *start to *end, which is not empty; false: no
 * more. What was masked already is none.
 */
bool se__secrets_next(se__secrets *secrets, const char **start,
                      const char **end);

bool se__has_secret(const char *text);

/* Does the name of a header, a member or a variable promise a secret? */
bool se__is_secret_name(const char *name);

/* Copy with secrets masked; cut, after any byte, to `size` with terminator. */
void se__redact(char *out, size_t size, const char *text);

#endif
