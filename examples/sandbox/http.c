#include "http.h"

#include <string.h>
#include <strings.h>

#include "ident.h"

/* What the header fields of one request said. */
typedef struct fields {
    sb_request *request;
    int minor;
    int n_lengths, n_encodings, n_hosts;
} fields;

static int take_length(fields *f, const char *value)
{
    f->n_lengths++;
    return sb_number_parse(value, &f->request->content_length) ? 0 : 400;
}

static int take_encoding(fields *f, const char *value)
{
    f->n_encodings++;
    f->request->chunked = true;
    return strcasecmp(value, "chunked") == 0 ? 0 : 501;
}

static int take_host(fields *f, const char *value)
{
    (void)value;
    f->n_hosts++;
    return 0;
}

static int take_connection(fields *f, const char *value)
{
    if (strcasecmp(value, "close") == 0) {
        f->request->keep_alive = false;
    } else if (strcasecmp(value, "keep-alive") == 0) {
        f->request->keep_alive = true;
    }
    return 0;
}

static int take_expect(fields *f, const char *value)
{
    if (strcasecmp(value, "100-continue") != 0) {
        return 417;
    }
    f->request->expects_100 = f->minor >= 1;
    return 0;
}

static int take_authorization(fields *f, const char *value)
{
    f->request->authorization = value;
    return 0;
}

static int take_content_type(fields *f, const char *value)
{
    f->request->content_type = value;
    return 0;
}

static const struct {
    const char *name;
    int (*take)(fields *f, const char *value);
} known_fields[] = {
    {"content-length", take_length},
    {"transfer-encoding", take_encoding},
    {"host", take_host},
    {"connection", take_connection},
    {"expect", take_expect},
    {"authorization", take_authorization},
    {"content-type", take_content_type},
};

static bool is_token(const char *s)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    const char *at = s;

    while ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
           (*at >= 'A' && *at <= 'Z') || (*at && strchr(marks, *at))) {
        at++;
    }
    return at > s && !*at;
}

/* Cuts blanks off both ends. */
static char *trim(char *s)
{
    size_t length;

    s += strspn(s, " \t");
    length = strlen(s);
    while (length > 0 && (s[length - 1] == ' ' || s[length - 1] == '\t')) {
        length--;
    }
    s[length] = '\0';
    return s;
}

static int parse_field(fields *f, char *line)
{
    char *colon = strchr(line, ':');

    if (!colon) {
        return 400;
    }
    *colon = '\0';
    if (!is_token(line)) {
        return 400;
    }
    for (size_t i = 0; i < sizeof(known_fields) / sizeof(*known_fields); i++) {
        if (strcasecmp(line, known_fields[i].name) == 0) {
            return known_fields[i].take(f, trim(colon + 1));
        }
    }
    return 0;
}

static int parse_request_line(fields *f, char *line)
{
    char *path = strchr(line, ' ');
    char *version = path ? strchr(path + 1, ' ') : NULL;

    if (!version) {
        return 400;
    }
    *path++ = '\0';
    *version++ = '\0';
    if (!is_token(line) || path[0] != '/') {
        return 400;
    }
    path[strcspn(path, "?")] = '\0';
    if (strncmp(version, "HTTP/1.", 7) != 0) {
        return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
    }
    if ((version[7] != '0' && version[7] != '1') || version[8]) {
        return 400;
    }
    f->minor = version[7] - '0';
    f->request->method = line;
    f->request->path = path;
    f->request->keep_alive = f->minor >= 1;
    return 0;
}

/* Cuts the line at *at off; NULL: bytes that no line may hold. */
static char *next_line(char **at)
{
    char *line = *at;

    while ((unsigned char)**at >= 0x20 || **at == '\t') {
        (*at)++;
    }
    if ((*at)[0] != '\r' || (*at)[1] != '\n') {
        return NULL;
    }
    **at = '\0';
    *at += 2;
    return line;
}

/* What could be read in two ways is refused. */
static int check_framing(const fields *f)
{
    bool two_ways = f->n_lengths > 1 || f->n_encodings > 1 ||
                    (f->n_lengths > 0 && f->n_encodings > 0) ||
                    f->n_hosts > 1 || (f->minor >= 1 && f->n_hosts == 0) ||
                    (f->minor == 0 && f->n_encodings > 0);

    return two_ways ? 400 : 0;
}

int sb_request_parse(sb_request *request, char *head, size_t length)
{
    fields f = {.request = request};
    char *end = head + length - 2; /* the empty line */
    char *at = head;
    char *line = next_line(&at);
    int status;

    *request = (sb_request){0};
    status = line ? parse_request_line(&f, line) : 400;
    while (status == 0 && at < end) {
        line = next_line(&at);
        status = line ? parse_field(&f, line) : 400;
    }
    return status ? status : check_framing(&f);
}

const char *sb_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } names[] = {
        {100, "Continue"},
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {425, "Too Early"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (names[i].status == status) {
            return names[i].text;
        }
    }
    return "Unknown";
}
