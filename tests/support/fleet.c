#include "fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void insist(int truth, const char *what, const char *of)
{
    if (!truth) {
        fprintf(stderr, "fleet: %s: \"%s\"\n", what, of);
        abort();
    }
}

static se_mode mode_of(const char *name)
{
    for (int mode = SE_MODE_EDIT; mode <= SE_MODE_AR; mode++) {
        if (strcmp(se_mode_name((se_mode)mode), name) == 0) {
            return (se_mode)mode;
        }
    }
    insist(0, "no such mode", name);
    return SE_MODE_EDIT;
}

static void read_extra(se_element_spec *spec, const char *word)
{
    if (strcmp(word, "off") == 0) {
        spec->unavailable = true;
        return;
    }
    insist(sscanf(word, "cap=%" SCNd64 "/%" SCNd64, &spec->capacity_bytes,
                  &spec->used_bytes) == 2,
           "neither off nor cap=", word);
    spec->capacity_known = true;
}

static void add_element(se_topology_builder *builder, const char *text)
{
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;
    se_error err = SE_ERROR_INIT;
    char id[80];
    char mode[8];
    char url[256];
    char extra[2][64] = {"", ""};
    int n = sscanf(text, "%79s %7s %" SCNd32 " %255s %63s %63s", id, mode,
                   &spec.priority, url, extra[0], extra[1]);

    insist(n >= 4, "id, mode, priority and URL wanted", text);
    spec.id = id;
    spec.url = url;
    spec.mode = mode_of(mode);
    for (int i = 0; i < n - 4; i++) {
        read_extra(&spec, extra[i]);
    }
    insist(se_topology_builder_add(builder, &spec, &err) == SE_OK, err.message,
           text);
}

static se_topology *finish(se_topology_builder *builder)
{
    se_topology *topology = NULL;

    insist(se_topology_builder_build(builder, &topology, NULL) == SE_OK,
           "not built", "");
    se_topology_builder_free(builder);
    return topology;
}

se_topology *fleet(const char *line)
{
    se_topology_builder *builder = NULL;
    const char *at = line;

    insist(se_topology_builder_new(&builder, NULL) == SE_OK, "no builder", "");
    while (*at != '\0') {
        char text[512];
        size_t length = strcspn(at, ";");

        insist(length < sizeof(text), "too long", at);
        memcpy(text, at, length);
        text[length] = '\0';
        add_element(builder, text);
        at += length;
        at += *at == ';';
    }
    return finish(builder);
}

void fleet_line(const se_topology *topology, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < se_topology_count(topology); i++) {
        const se_element *e = se_topology_at(topology, i);
        int n =
            snprintf(out + used, size - used, "%s%s %s %" PRId32 " %s%s",
                     i > 0 ? "; " : "", se_element_id(e),
                     se_mode_name(se_element_mode(e)), se_element_priority(e),
                     se_element_url(e), se_element_available(e) ? "" : " off");

        insist(n > 0 && (size_t)n < size - used, "line too long", out);
        used += (size_t)n;
    }
}

se_topology *fleet_of(size_t n, int generation)
{
    se_topology_builder *builder = NULL;

    insist(se_topology_builder_new(&builder, NULL) == SE_OK, "no builder", "");
    for (size_t i = 0; i < n; i++) {
        se_element_spec spec = SE_ELEMENT_SPEC_INIT;
        char id[32];
        char url[64];

        snprintf(id, sizeof(id), "se-%04zu", i);
        snprintf(url, sizeof(url), "http://h%d/%zu", generation, i);
        spec.id = id;
        spec.url = url;
        spec.priority = generation + (int)i;
        insist(se_topology_builder_add(builder, &spec, NULL) == SE_OK,
               "not added", id);
    }
    return finish(builder);
}
