#include "base/redact.h"

#include <string.h>
#include <strings.h>

#include "base/redact_private.h"

#define JWT_LENGTH 16 /* also of one that was cut */
#define LONG_WORD 20  /* longer than what is written about tokens */

static bool is_jwt(char c)
{
    return se__is_name_char(c) || c == '.' || c == '=';
}

/* RFC 9110, 11.2: token68 */
static bool is_token68(char c)
{
    return is_jwt(c) || c == '~' || c == '+' || c == '/';
}

static bool ends_user(char c)
{
    return se__ends_line(c) || se__is_blank(c) || se__is_quote(c) || c == '<' ||
           c == '>';
}

static bool begins_word(const se__secrets *s, const char *at)
{
    return at == s->text || !se__is_name_char(at[-1]);
}

static bool starts_with(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(end - at) >= length && strncasecmp(at, word, length) == 0;
}

/* Letters only, none but the first a capital: English. */
static bool is_word(const char *at, const char *end)
{
    if (end - at > LONG_WORD) {
        return false;
    }
    for (const char *c = at; c < end; c++) {
        if (!se__is_letter(*c) || (c > at && *c < 'a')) {
            return false;
        }
    }
    return true;
}

/* Redis: "ERR unknown command 'X', with args beginning with: 'secret' ". */
static bool quoted_arguments(const se__secrets *s, const char *at,
                             se__span *found)
{
    static const char phrase[] = "args beginning with";
    const size_t length = sizeof(phrase) - 1;

    if ((size_t)(at - s->text) < length ||
        strncasecmp(at - length, phrase, length) != 0) {
        return false;
    }
    found->start = se__skip(at + 1, s->end, se__is_blank);
    found->end = se__until(found->start, s->end, se__ends_line);
    return found->end > found->start;
}

/* ---- scheme://userinfo@ ---- */

/* A password may hold '/' and '@': the last '@' before a space counts. */
static bool userinfo(se__secrets *s, const char *at, se__span *found)
{
    const char *end;

    if (s->end - at < 4 || memcmp(at, "://", 3) != 0 || at[3] == '/' ||
        at < s->no_user) {
        return false;
    }
    found->start = at + 3;
    end = se__until(found->start, s->end, ends_user);
    for (found->end = end; found->end > found->start; found->end--) {
        if (*found->end == '@' && found->end < end) {
            return true;
        }
    }
    s->no_user = end;
    return false;
}

/* ---- Bearer ..., Basic ..., eyJ... ---- */

static bool credentials(const se__secrets *s, const char *at, se__span *found)
{
    const char *behind = at;
    const char *last;

    if (!begins_word(s, at)) {
        return false;
    }
    if (starts_with(at, s->end, "bearer")) {
        behind = at + 6;
    } else if (starts_with(at, s->end, "basic")) {
        behind = at + 5;
    }
    found->start = se__skip(behind, s->end, se__is_blank);
    found->end = se__skip(found->start, s->end, is_token68);
    /* Bearer realm="..." asks for one. */
    if (behind == at || found->start == behind || found->end == found->start ||
        (found->end < s->end && *found->end == '"' && found->end[-1] == '=')) {
        return false;
    }
    last = found->end;
    while (last > found->start && last[-1] == '.') {
        last--;
    }
    return !is_word(found->start, last);
}

static bool jwt(const se__secrets *s, const char *at, se__span *found)
{
    if (s->end - at < 3 || memcmp(at, "eyJ", 3) != 0 || !begins_word(s, at)) {
        return false;
    }
    found->start = at;
    found->end = se__skip(at, s->end, is_jwt);
    return found->end - at >= JWT_LENGTH;
}

/* ---- the search ---- */

static bool secret_at(se__secrets *s, const char *at, se__span *found)
{
    switch (*at) {
    case ':':
        return userinfo(s, at, found) || se__named_secret(s, at, found) ||
               quoted_arguments(s, at, found);
    case '=':
        return se__named_secret(s, at, found);
    case 'b':
    case 'B':
        return credentials(s, at, found);
    case 'e':
        return jwt(s, at, found);
    default:
        return false;
    }
}

static bool is_masked(const se__span *found)
{
    const size_t length = sizeof(SE__MASK) - 1;

    return (size_t)(found->end - found->start) == length &&
           memcmp(found->start, SE__MASK, length) == 0;
}

bool se__secrets_next(se__secrets *s, const char **start, const char **end)
{
    se__span found = {NULL, NULL};

    for (; s->at < s->end; s->at++) {
        if (secret_at(s, s->at, &found) && !is_masked(&found)) {
            *start = found.start;
            *end = found.end;
            s->at = found.end;
            return true;
        }
    }
    return false;
}

bool se__has_secret(const char *text)
{
    se__secrets secrets = SE__SECRETS(text, strlen(text));
    const char *start, *end;

    return se__secrets_next(&secrets, &start, &end);
}

/* ---- masking ---- */

typedef struct copy {
    char *at;
    size_t left; /* with the terminator */
} copy;

static void copy_part(copy *out, const char *text, const char *end)
{
    size_t length = (size_t)(end - text);

    if (length >= out->left) {
        length = out->left - 1;
    }
    memcpy(out->at, text, length);
    out->at += length;
    out->left -= length;
}

void se__redact(char *out, size_t size, const char *text)
{
    static const char mask[] = SE__MASK;
    se__secrets secrets = SE__SECRETS(text, strlen(text));
    copy to = {out, size};
    const char *start, *end;

    if (size == 0) {
        return;
    }
    while (se__secrets_next(&secrets, &start, &end)) {
        copy_part(&to, text, start);
        copy_part(&to, mask, mask + sizeof(mask) - 1);
        text = end;
    }
    copy_part(&to, text, secrets.end);
    *to.at = '\0';
}
