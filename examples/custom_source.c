/*
 * Bring your own list of storage elements: custom_source TABLE FILE
 *
 * TABLE is a text file with one element a line, in order of preference, e.g.
 *
 *     # id    mode  base URL
 *     se-01   edit  http://127.0.0.1:9001
 *     se-02   rw    http://127.0.0.1:9002
 *
 * A source is one function that reads the list once, and one that frees what
 * it needs for that; the library does the rest: when to ask, what to do when
 * the answer is worse than what is in force, and how it becomes visible to
 * uploads under way. Here a line that is wrong makes the whole answer wrong.
 */
#include <artstore/ingest.h>
#include <artstore/source_ops.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct table {
    const char *path;
} table;

static se_err fail(se_error *err, se_err code, const char *what, int line)
{
    if (err) {
        err->code = code;
        snprintf(err->message, sizeof(err->message), "line %d of the table: %s",
                 line, what);
    }
    return code;
}

static bool mode_of(const char *name, se_mode *mode)
{
    for (int i = SE_MODE_EDIT; i <= SE_MODE_AR; i++) {
        if (strcmp(name, se_mode_name((se_mode)i)) == 0) {
            *mode = (se_mode)i;
            return true;
        }
    }
    return false;
}

static se_err add_line(se_topology_builder *builder, const char *text, int line,
                       se_error *err)
{
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;
    char id[65];
    char mode[8];
    char url[1024];

    if (sscanf(text, " %64s", id) < 1 || id[0] == '#') {
        return SE_OK; /* empty, or a comment */
    }
    if (sscanf(text, " %64s %7s %1023s", id, mode, url) != 3) {
        return fail(err, SE_E_PARSE, "not an id, a mode and a URL", line);
    }
    if (!mode_of(mode, &spec.mode)) {
        return fail(err, SE_E_PARSE, "the mode is not edit, rw, ro or ar",
                    line);
    }
    spec.id = id;
    spec.url = url;
    spec.priority = line;
    return se_topology_builder_add(builder, &spec, err);
}

static se_err read_lines(FILE *in, se_topology_builder *builder, se_error *err)
{
    char text[2048];
    se_err rc = SE_OK;

    for (int line = 1; rc == SE_OK && fgets(text, sizeof(text), in); line++) {
        rc = add_line(builder, text, line, err);
    }
    if (rc == SE_OK && ferror(in)) {
        rc = fail(err, SE_E_SOURCE, "it cannot be read", 0);
    }
    return rc;
}

/* A thread of the library calls this; nothing of the program is locked. */
static se_err table_fetch(void *self, int timeout_ms, se_topology **out,
                          se_error *err)
{
    const table *t = self;
    se_topology_builder *builder = NULL;
    FILE *in = fopen(t->path, "re");
    se_err rc;

    (void)timeout_ms; /* a local file answers at once */
    if (!in) {
        return fail(err, SE_E_SOURCE, "it cannot be opened", 0);
    }
    rc = se_topology_builder_new(&builder, err);
    if (rc == SE_OK) {
        rc = read_lines(in, builder, err);
    }
    if (rc == SE_OK) {
        rc = se_topology_builder_build(builder, out, err);
    }
    se_topology_builder_free(builder);
    fclose(in);
    return rc;
}

static void table_free(void *self)
{
    free(self);
}

static const se_source_ops table_ops = {
    .size = sizeof(se_source_ops),
    .name = "table",
    .fetch = table_fetch,
    .free = table_free,
};

static se_err add_table(se_registry *registry, const char *path, se_error *err)
{
    table *t = malloc(sizeof(*t));
    se_source *source = NULL;
    se_err rc;

    if (!t) {
        return fail(err, SE_E_NOMEM, "out of memory", 0);
    }
    t->path = path;
    rc = se_source_new(&table_ops, t, &source, err);
    if (rc != SE_OK) {
        free(t); /* nothing is taken by a call that fails */
        return rc;
    }
    rc = se_registry_add_source(registry, source, err);
    if (rc != SE_OK) {
        se_source_free(source); /* frees the table as well */
    }
    return rc;
}

int main(int argc, char **argv)
{
    se_options options = SE_OPTIONS_INIT; /* no URL: the source is ours */
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    se_result *result = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: %s TABLE FILE\n", argv[0]);
        return 2;
    }
    upload.path = argv[2];
    if (se_ingest_open(&ingest, &options, &err) == SE_OK &&
        add_table(se_ingest_registry(ingest), argv[1], &err) == SE_OK &&
        se_ingest_upload(ingest, &upload, &result, &err) == SE_OK) {
        printf("%s %s\n", se_result_file_id(result), se_result_se_id(result));
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    se_result_free(result);
    se_ingest_close(ingest);
    return se_err_exit_code(err.code);
}
