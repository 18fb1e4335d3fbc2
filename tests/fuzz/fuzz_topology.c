/*
 * Documents of storage elements. Whatever stands in one, what is kept keeps the
 * promises of topology.h, and prints as a document that is the same topology.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "topology/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void check_element(const se_topology *topology, size_t i)
{
    const se_element *element = se_topology_at(topology, i);

    must(se__id_valid(se_element_id(element)));
    must(strncmp(se_element_url(element), "http", 4) == 0);
    must(strpbrk(se_element_url(element), "@?# \r\n") == NULL);
    must(se_element_mode(element) <= SE_MODE_AR);
    must(se_element_capacity_bytes(element) >= -1);
    must(se_element_used_bytes(element) >= -1);
    must(se_element_capacity_bytes(element) < 0 ||
         se_element_used_bytes(element) <= se_element_capacity_bytes(element));
    must(se_topology_find(topology, se_element_id(element)) == element);
    if (i > 0) {
        const se_element *before = se_topology_at(topology, i - 1);

        must(se_element_priority(before) < se_element_priority(element) ||
             (se_element_priority(before) == se_element_priority(element) &&
              strcmp(se_element_id(before), se_element_id(element)) < 0));
    }
}

static void check_rejected(const se_topology *topology)
{
    for (size_t i = 0; i < se_topology_rejected_count(topology); i++) {
        const char *id, *reason;

        must(se_topology_rejected_at(topology, i, &id, &reason));
        must(se__id_valid(id) || id[0] == '#');
        must(reason[0] != '\0');
        must(se__text_is_clean(reason, strlen(reason)));
        must(se__utf8_valid(reason, strlen(reason)));
    }
}

static void check_diff(const se_topology *before, const se_topology *after,
                       size_t added, size_t removed)
{
    se_diff *diff = NULL;

    must(se_diff_compute(before, after, &diff, NULL) == SE_OK);
    must(se_diff_count(diff, SE_CHANGE_ADDED) == added);
    must(se_diff_count(diff, SE_CHANGE_REMOVED) == removed);
    must(se_diff_count(diff, SE_CHANGE_UPDATED) == 0);
    must(se_diff_count(diff, SE_CHANGE_REJECTED) ==
         (after ? se_topology_rejected_count(after) : 0));
    se_diff_free(diff);
}

static void check_round_trip(const se_topology *topology)
{
    se_topology *again = NULL;
    char *text = NULL;
    char *text_again = NULL;

    must(se_topology_print(topology, &text, NULL) == SE_OK);
    must(se__text_is_clean(text, strlen(text)));
    must(se_topology_parse(text, strlen(text), &again, NULL) == SE_OK);
    must(se_topology_rejected_count(again) == 0);
    must(strcmp(se_topology_hash(topology), se_topology_hash(again)) == 0);
    must(se_topology_print(again, &text_again, NULL) == SE_OK);
    must(strcmp(text, text_again) == 0);
    check_diff(topology, again, 0, 0);
    se_free(text);
    se_free(text_again);
    se_topology_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    se_topology *topology = NULL;
    se_topology *copy = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc = se_topology_parse((const char *)data, size, &topology, &err);

    if (rc != SE_OK) {
        must(rc == SE_E_PARSE || rc == SE_E_LIMIT);
        must(err.code == rc && err.message[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < se_topology_count(topology); i++) {
        check_element(topology, i);
    }
    check_rejected(topology);
    check_round_trip(topology);
    check_diff(NULL, topology, se_topology_count(topology), 0);
    check_diff(topology, NULL, 0, se_topology_count(topology));
    must(se__topology_copy(topology, &copy, NULL) == SE_OK);
    check_diff(topology, copy, 0, 0);
    se_topology_unref(topology);
    check_rejected(copy);
    check_round_trip(copy);
    se_topology_unref(copy);
    return 0;
}
