/*
 * Deliver one file: upload SOURCE FILE
 *
 * SOURCE says where the list of storage elements is, e.g. file:fleet.json.
 */
#include <artstore/ingest.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    se_options options = SE_OPTIONS_INIT;
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    se_result *result = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: %s SOURCE FILE\n", argv[0]);
        return 2;
    }
    options.sources = (const char *const *)&argv[1];
    options.n_sources = 1;
    upload.path = argv[2];
    if (se_ingest_open(&ingest, &options, &err) == SE_OK &&
        se_ingest_upload(ingest, &upload, &result, &err) == SE_OK) {
        printf("%s %s\n", se_result_file_id(result), se_result_se_id(result));
    } else {
        fprintf(stderr, "%s: %s\n", argv[2], err.message);
    }
    se_result_free(result);
    se_ingest_close(ingest);
    return se_err_exit_code(err.code);
}
