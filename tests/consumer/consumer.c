/*
 * A program of somebody else: knows the installed headers and nothing more.
 * Puts a list in force, asks where a file would go, and tries to deliver one
 * to storage elements that are not there.
 */
#include <stdio.h>
#include <string.h>

#include <artstore/ingest.h>

static se_topology *two_elements(void)
{
    se_topology_builder *builder = NULL;
    se_topology *topology = NULL;
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;

    if (se_topology_builder_new(&builder, NULL) != SE_OK) {
        return NULL;
    }
    spec.id = "se-02";
    spec.url = "http://127.0.0.1:1";
    spec.priority = 200;
    se_err code = se_topology_builder_add(builder, &spec, NULL);
    spec.id = "se-01";
    spec.priority = 100;
    if (code == SE_OK) {
        code = se_topology_builder_add(builder, &spec, NULL);
    }
    if (code == SE_OK) {
        code = se_topology_builder_build(builder, &topology, NULL);
    }
    se_topology_builder_free(builder);
    return code == SE_OK ? topology : NULL;
}

static int first_is_chosen(se_ingest *ingest)
{
    se_want want = SE_WANT_INIT;
    se_explanation *explanation = NULL;
    const se_element *element = NULL;

    want.bytes = 1000;
    if (se_selector_explain(se_ingest_selector(ingest), &want, &explanation,
                            NULL) != SE_OK) {
        return 0;
    }
    int chosen = se_explanation_chosen(explanation);
    int good = chosen >= 0 &&
               se_explanation_at(explanation, (size_t)chosen, &element, NULL) &&
               strcmp(se_element_id(element), "se-01") == 0;
    se_explanation_free(explanation);
    return good;
}

static int nobody_takes_it(se_ingest *ingest)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error error = SE_ERROR_INIT;

    upload.data = "hello";
    upload.data_length = 5;
    upload.deadline_ms = 20000;
    se_err code = se_ingest_upload(ingest, &upload, &result, &error);
    int good = code == SE_E_UNAVAILABLE && result != NULL &&
               se_result_outcome(result) == SE_REJECTED &&
               strcmp(se_err_name(code), "SE_E_UNAVAILABLE") == 0;
    printf("upload: %s\n", error.message);
    se_result_free(result);
    return good;
}

int main(void)
{
    se_ingest *ingest = NULL;
    se_options options = SE_OPTIONS_INIT;
    se_topology *topology = two_elements();
    int good = topology != NULL && strcmp(se_version(), SE_VERSION) == 0 &&
               se_ingest_open(&ingest, &options, NULL) == SE_OK &&
               se_registry_reload_endpoints(se_ingest_registry(ingest),
                                            topology, NULL, NULL) == SE_OK &&
               first_is_chosen(ingest) && nobody_takes_it(ingest);
    se_ingest_close(ingest);
    se_topology_unref(topology);
    puts(good ? "consumer: good" : "consumer: not as expected");
    return good ? 0 : 1;
}
