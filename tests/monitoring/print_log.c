/*
 * Prints log lines of events whose every text is hostile, in the format that is
 * named: json or flat.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "observe/log.h"

static const char *const texts[] = {
    "se-01",
    "",
    "\"}{\"level\":\"ERROR\",\"x\":\"",
    "line\nline\r\nline",
    "\x1b[2J\x1b]0;owned\x07",
    "\x7f\x08\x0c\t\v",
    "\xc2\x9b[J",
    "\xe2\x80\xa8\xe2\x80\xa9",
    "\xff\xfe\xc0\x80\xed\xa0\x80\xf5\x80",
    "\xd0\x96\xf0\x9f\x98\x80",
    "\\\\\\",
    "\\u0000\\ud800",
    "${jndi:ldap://x}",
    "Authorization: Bearer SECRET_1",
    "redis://:SECRET_2@host/0?password=SECRET_3",
    "{\"client_secret\": \"SECRET_4\"}",
};

static void print(void *user, const se_log_event *event)
{
    const se_log_format *format = user;
    char line[SE_LOG_LINE_SIZE];

    fwrite(line, 1, se_log_write(line, sizeof(line), *format, event), stdout);
}

static void say(const se__log *log, const char *text, const char *other)
{
    const char *list[] = {text, other};

    SE__LOG(log, SE_LOG_WARNING, text, other, SE__LOG_STR("se_id", text),
            SE__LOG_STR("error", other), SE__LOG_LIST("excluded", list, 2),
            SE__LOG_INT("attempt", 1), SE__LOG_DOUBLE("share", 0.5),
            SE__LOG_INT(text, 2));
}

int main(int argc, char **argv)
{
    se_log_format format =
        argc > 1 && strcmp(argv[1], "flat") == 0 ? SE_LOG_FLAT : SE_LOG_JSON;
    se__log log = {print, &format};

    for (size_t i = 0; i < SE__COUNT(texts); i++) {
        for (size_t j = 0; j < SE__COUNT(texts); j++) {
            say(&log, texts[i], texts[j]);
        }
    }
    for (int byte = 1; byte < 256; byte++) {
        const char text[] = {'a', (char)byte, 'z', '\0'};

        say(&log, text, text);
    }
    return 0;
}
