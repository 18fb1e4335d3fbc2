// The same library from C++: the headers, the initialisers, a custom source.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <artstore/ingest.h>
#include <artstore/source_ops.h>

namespace
{

const char document[] =
    "{\"version\":1,\"timestamp\":\"2026-03-01T09:15:30Z\",\"count\":1,"
    "\"storage_elements\":[{\"id\":1,\"name\":\"one\",\"element_id\":\"se-01\","
    "\"api_url\":\"http://127.0.0.1:1\",\"mode\":\"edit\",\"priority\":100,"
    "\"status\":\"online\",\"capacity_bytes\":1000,\"used_bytes\":0,"
    "\"is_writable\":true,\"is_available\":true}]}";

se_err fetch(void *self, int, se_topology **out, se_error *err)
{
    ++*static_cast<int *>(self);
    return se_topology_parse(document, std::strlen(document), out, err);
}

void release(void *)
{
}

struct close_ingest {
    void operator()(se_ingest *ingest) const { se_ingest_close(ingest); }
};

bool add_source(se_registry *registry, int *fetches)
{
    static se_source_ops ops = SE_SOURCE_OPS_INIT;
    ops.name = "constant";
    ops.fetch = fetch;
    ops.free = release;
    se_source *source = nullptr;
    return se_source_new(&ops, fetches, &source, nullptr) == SE_OK &&
           se_registry_add_source(registry, source, nullptr) == SE_OK;
}

} // namespace

int main()
{
    int fetches = 0;
    se_options options = SE_OPTIONS_INIT;
    se_error error = SE_ERROR_INIT;
    se_ingest *opened = nullptr;
    if (se_ingest_open(&opened, &options, &error) != SE_OK) {
        std::puts(error.message);
        return 1;
    }
    std::unique_ptr<se_ingest, close_ingest> ingest(opened);
    se_registry *registry = se_ingest_registry(ingest.get());
    if (!add_source(registry, &fetches) ||
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, nullptr, &error) !=
            SE_OK) {
        std::puts(error.message);
        return 1;
    }
    se_topology *topology = se_registry_topology(registry);
    bool good = fetches == 1 && se_topology_count(topology) == 1 &&
                std::string(se_version()) == SE_VERSION;
    se_topology_unref(topology);
    std::puts(good ? "consumer: good" : "consumer: not as expected");
    return good ? 0 : 1;
}
