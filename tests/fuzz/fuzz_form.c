/*
 * The upload form, read back by a parser that shares nothing with its writer:
 * exactly the fields that were put in, in their order, one file with one name,
 * and its bytes.
 *
 * Input: name, content type, description, user, user id and metadata, each
 * ended by a zero byte, then the file. A field "-" is left out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "element/upload_form.h"
#include "wire/json.h"

#define FILE_ID "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

/* ---- the input ---- */

typedef struct input {
    const char *at;
    size_t left;
} input;

/* The next text, owned; NULL: left out. */
static char *next_text(input *in)
{
    const char *end = memchr(in->at, '\0', in->left);
    size_t length = end ? (size_t)(end - in->at) : in->left;
    char *text = malloc(length + 1);

    must(text != NULL);
    memcpy(text, in->at, length);
    text[length] = '\0';
    in->at += end ? length + 1 : length;
    in->left -= end ? length + 1 : length;
    if (strcmp(text, "-") == 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- the parser ---- */

typedef struct part {
    char head[8192];
    const char *value;
    size_t length;
} part;

typedef struct parser {
    const char *at;
    size_t left;
    char delimiter[80]; /* CR LF, two dashes, boundary */
} parser;

static bool skip(parser *p, const char *text)
{
    size_t length = strlen(text);

    if (p->left < length || memcmp(p->at, text, length) != 0) {
        return false;
    }
    p->at += length;
    p->left -= length;
    return true;
}

static const char *find(const char *text, size_t left, const char *words)
{
    return memmem(text, left, words, strlen(words));
}

/* Behind a delimiter: a part up to the next one; false at the end. */
static bool next_part(parser *p, part *out)
{
    const char *value;
    const char *end;
    size_t head;

    if (skip(p, "--\r\n")) {
        must(p->left == 0);
        return false;
    }
    must(skip(p, "\r\n"));
    value = find(p->at, p->left, "\r\n\r\n");
    must(value != NULL);
    head = (size_t)(value - p->at) + 2;
    must(head < sizeof(out->head));
    memcpy(out->head, p->at, head);
    out->head[head] = '\0';
    must(strlen(out->head) == head);
    out->value = value + 4;
    end =
        find(out->value, p->left - (size_t)(out->value - p->at), p->delimiter);
    must(end != NULL);
    out->length = (size_t)(end - out->value);
    end += strlen(p->delimiter);
    p->left -= (size_t)(end - p->at);
    p->at = end;
    return true;
}

static void expect_text(parser *p, const char *name, const char *value)
{
    part got;
    char head[200];

    must(next_part(p, &got));
    snprintf(head, sizeof(head),
             "Content-Disposition: form-data; name=\"%s\"\r\n", name);
    must(strcmp(got.head, head) == 0);
    if (value) {
        must(got.length == strlen(value) &&
             memcmp(got.value, value, got.length) == 0);
    }
}

/* ---- what is expected ---- */

/* The same object as before, in ASCII. */
static void expect_metadata(parser *p, const char *metadata)
{
    se__json *before = NULL;
    se__json *after = NULL;
    size_t count = 0;
    part got;

    if (metadata && metadata[0]) {
        must(se__json_parse(metadata, strlen(metadata), &se__json_reply_limits,
                            &before, NULL) == SE_OK);
        count = se__json_count(se__json_root(before));
    }
    if (count > 0) {
        const se__json_limits wide = {1 << 20, 16, 4096};

        must(next_part(p, &got));
        must(strcmp(got.head, "Content-Disposition: form-data; "
                              "name=\"metadata\"\r\n") == 0);
        for (size_t i = 0; i < got.length; i++) {
            must(got.value[i] >= 0x20 && got.value[i] < 0x7f);
        }
        must(se__json_parse(got.value, got.length, &wide, &after, NULL) ==
             SE_OK);
        must(se__json_count(se__json_root(after)) == count);
    }
    se__json_free(before);
    se__json_free(after);
}

static size_t count_of(const char *text, const char *words)
{
    size_t count = 0;

    for (const char *at = strstr(text, words); at; at = strstr(at + 1, words)) {
        count++;
    }
    return count;
}

static void expect_file(parser *p, const se__upload_fields *fields,
                        const input *file)
{
    static const char start[] =
        "Content-Disposition: form-data; name=\"file\"; filename=\"";
    const char *type = fields->content_type && fields->content_type[0]
                           ? fields->content_type
                           : "application/octet-stream";
    char line[4000];
    part got;
    char *name;

    must(next_part(p, &got));
    must(strncmp(got.head, start, strlen(start)) == 0);
    name = got.head + strlen(start);
    for (const char *c = fields->name; *c; c++) {
        if (*c == '"') {
            must(strncmp(name, "%22", 3) == 0);
            name += 3;
        } else {
            must(*name++ == *c);
        }
    }
    snprintf(line, sizeof(line), "\"\r\nContent-Type: %s\r\n", type);
    must(strcmp(name, line) == 0);
    must(count_of(got.head, "\n") == 2);
    *strchr(got.head, '\r') = '\0';
    must(count_of(got.head, "\"") == 4);
    must(got.length == file->left);
    must(file->left == 0 || memcmp(got.value, file->at, file->left) == 0);
}

static void check_form(const se__upload_fields *fields,
                       const se__upload_form *form, const input *file)
{
    static const char type[] = "multipart/form-data; boundary=";
    size_t length = form->before_length + file->left + form->after_length;
    char *body = malloc(length + 2);
    parser p = {.at = body, .left = length + 2};

    must(body != NULL);
    memcpy(body, "\r\n", 2); /* the first delimiter stands on the first line */
    memcpy(body + 2, form->before, form->before_length);
    memcpy(body + 2 + form->before_length, file->at, file->left);
    memcpy(body + 2 + form->before_length + file->left, form->after,
           form->after_length);
    must(strncmp(form->content_type, type, strlen(type)) == 0);
    snprintf(p.delimiter, sizeof(p.delimiter), "\r\n--%s",
             form->content_type + strlen(type));
    must(skip(&p, p.delimiter));
    expect_text(&p, "file_id", FILE_ID);
    expect_text(&p, "description",
                fields->description ? fields->description : "");
    expect_text(&p, "uploaded_by_username",
                fields->uploaded_by ? fields->uploaded_by : "");
    expect_text(&p, "uploaded_by_id",
                fields->uploaded_by_id ? fields->uploaded_by_id : "");
    expect_text(&p, "retention_policy", "temporary");
    expect_text(&p, "ttl_days", "30");
    expect_text(&p, "ttl_expires_at", NULL);
    expect_metadata(&p, fields->metadata);
    expect_file(&p, fields, file);
    must(!next_part(&p, &(part){.length = 0}));
    free(body);
}

static void check_name(const char *name)
{
    size_t length = strlen(name);

    must(length > 0 && length <= 255);
    must(se__utf8_valid(name, length) && se__text_is_clean(name, length));
    must(strpbrk(name, "/\\") == NULL);
    must(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {(const char *)data, size};
    char *texts[6];
    se__upload_fields fields = {.file_id = FILE_ID,
                                .retention = SE_TEMPORARY,
                                .ttl_days = 30,
                                .now_wall_us = INT64_C(1772356530123456)};
    se__upload_form form;
    char *name;

    if (size == 0) {
        return 0;
    }
    for (size_t i = 0; i < 6; i++) {
        texts[i] = next_text(&in);
    }
    fields.name = texts[0];
    fields.content_type = texts[1];
    fields.description = texts[2];
    fields.uploaded_by = texts[3];
    fields.uploaded_by_id = texts[4];
    fields.metadata = texts[5];
    name = se__upload_name(texts[0] ? texts[0] : "");
    must(name != NULL);
    check_name(name);
    if (se__upload_check(&fields, NULL) == SE_OK) {
        fields.name = name;
        must(se__upload_form_build(&fields, &form, NULL) == SE_OK);
        check_form(&fields, &form, &in);
        se__upload_form_fini(&form);
    }
    free(name);
    for (size_t i = 0; i < 6; i++) {
        free(texts[i]);
    }
    return 0;
}
