/* Many reloads, again and again: memory stays as it was. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <artstore/registry.h>

#include "base/clock.h"
#include "fleet.h"
#include "suite.h"

#define ELEMENTS 1000
#define MOST_KB 1024

/* Sanitizers keep what is freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_OURS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_IS_OURS false
#endif
#endif
#ifndef MEMORY_IS_OURS
#define MEMORY_IS_OURS true
#endif

static long rss_anon_kb(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kb = -1;

    ck_assert_ptr_nonnull(file);
    while (kb < 0 && fgets(line, sizeof(line), file) != NULL) {
        sscanf(line, "RssAnon: %ld", &kb);
    }
    fclose(file);
    ck_assert_int_ge(kb, 0);
    return kb;
}

static void reload(se_registry *registry, se_source *source, int n)
{
    for (int i = 0; i < n; i++) {
        /* Every fourth brings nothing new. */
        se_topology *list = fleet_of(ELEMENTS, i % 4 == 3 ? i - 1 : i);

        ck_assert_int_eq(se_source_memory_set(source, list, NULL), SE_OK);
        se_topology_unref(list);
        ck_assert_int_eq(
            se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL),
            SE_OK);
    }
}

/* 10 000 with ARTSTORE_TEST_LONG. */
START_TEST(memory_is_flat)
{
    int n = getenv("ARTSTORE_TEST_LONG") ? 10000 : 400;
    se_registry *registry = NULL;
    se_source *source = NULL;
    int64_t began;
    long before;
    long after;

    ck_assert_int_eq(se_registry_open(&registry, NULL, NULL), SE_OK);
    ck_assert_int_eq(se_source_memory(&source, NULL), SE_OK);
    ck_assert_int_eq(se_registry_add_source(registry, source, NULL), SE_OK);
    reload(registry, source, 50);
    before = rss_anon_kb();
    began = se__now_us();
    reload(registry, source, n);
    after = rss_anon_kb();
    printf("%d reloads of %d elements: %.2f ms each, RssAnon %ld to %ld KiB\n",
           n, ELEMENTS, (double)(se__now_us() - began) / 1e3 / n, before,
           after);
    if (MEMORY_IS_OURS) {
        ck_assert_int_lt(after - before, MOST_KB);
    }
    se_registry_close(registry);
}
END_TEST

int main(void)
{
    const test_row rows[] = {{memory_is_flat, 1}};

    return run_suite("live memory", rows, 1);
}
