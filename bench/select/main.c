/*
 * select: what a pick costs while the list changes under it.
 *
 *   select [-n ROUNDS] [-e ELEMENTS] [-p POLICY] [-f] [-m]
 *
 * Two threads pick (A), or scan an array of plain variables by the same rules,
 * each its own (B), in turn; a third puts another list in force every ms all
 * the time. Every single one is timed, without what the clock itself takes, and
 * a round's ratio is A's 99th percentile over B's: below 3 is the goal. Only
 * the last element has room, so that all are looked at; -f: the first has.
 * -m: with metrics.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <artstore/selector.h>

#include "base/mem.h"
#include "plain.h"
#include "registry/registry.h"

enum {
    MAX_ROUNDS = 1000,
    MAX_ELEMENTS = 10000,
    THREADS = 2,
    SAMPLES = 200000, /* of each thread in a round */
    BYTES = 1000,
    PLENTY = 1 << 30
};

static void die(const char *what)
{
    fprintf(stderr, "select: %s\n", what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- A: the library ---- */

typedef struct setup {
    se_registry *registry;
    se_selector *selector;
    se_topology *lists[2];
    plain_element *plain[THREADS];
    size_t elements;
    size_t with_room;
    bool first;       /* has it */
    atomic_bool stop; /* the reloads */
    int64_t clock_ns; /* what two looks at the clock take */
} setup;

static se_topology *make_list(size_t elements, int version)
{
    se_topology_builder *builder = NULL;
    se_topology *list = NULL;

    if (se_topology_builder_new(&builder, NULL) != SE_OK) {
        die("out of memory");
    }
    for (size_t i = 0; i < elements; i++) {
        se_element_spec spec = SE_ELEMENT_SPEC_INIT;
        char id[32];
        char url[64];

        snprintf(id, sizeof(id), "se-%05zu", i);
        snprintf(url, sizeof(url), "http://10.0.0.1:%d/%zu", 8010 + version, i);
        spec.id = id;
        spec.url = url;
        spec.mode = SE_MODE_EDIT;
        spec.priority = 1;
        if (se_topology_builder_add(builder, &spec, NULL) != SE_OK) {
            die("an element is refused");
        }
    }
    if (se_topology_builder_build(builder, &list, NULL) != SE_OK) {
        die("out of memory");
    }
    se_topology_builder_free(builder);
    return list;
}

static void give_room(setup *s)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(s->registry, &slot);

    for (size_t i = 0; i < s->elements; i++) {
        se__figure figure = {
            .total = 2 * (int64_t)PLENTY,
            .used = 0,
            .available = i == s->with_room ? PLENTY : 0,
            .health = SE_HEALTH_HEALTHY,
            .origin = SE_ORIGIN_POLL,
            .began_ms = 1,
        };

        se__endpoint_measured(snapshot->endpoints[i], &figure);
    }
    se__registry_leave(s->registry, slot);
}

static void *reload(void *argument)
{
    setup *s = argument;

    for (int i = 0; !atomic_load(&s->stop); i++) {
        if (se_registry_reload_endpoints(s->registry, s->lists[i % 2], NULL,
                                         NULL) != SE_OK) {
            die("a reload failed");
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return NULL;
}

/* ---- a round ---- */

typedef struct worker {
    setup *setup;
    int number;
    pthread_t thread;
    pthread_barrier_t *start;
    uint32_t *ns; /* SAMPLES of them */
} worker;

static uint32_t net(const setup *s, int64_t began, int64_t ended)
{
    int64_t took = ended - began - s->clock_ns;

    return took < 0 ? 0 : took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

static void *pick_all(void *argument)
{
    worker *w = argument;
    setup *s = w->setup;
    se_want want = SE_WANT_INIT;

    want.bytes = BYTES;
    pthread_barrier_wait(w->start);
    for (size_t i = 0; i < SAMPLES; i++) {
        se_pick *pick = NULL;
        int64_t began = now_ns();
        se_err rc = se_selector_pick(s->selector, &want, &pick, NULL);

        w->ns[i] = net(s, began, now_ns());
        if (rc != SE_OK) {
            die("a pick failed");
        }
        se_selector_release(s->selector, pick, SE_REJECTED);
    }
    return NULL;
}

static void *scan_all(void *argument)
{
    worker *w = argument;
    setup *s = w->setup;
    plain_element *all = s->plain[w->number];

    pthread_barrier_wait(w->start);
    for (size_t i = 0; i < SAMPLES; i++) {
        int64_t began = now_ns();
        plain_element *found =
            plain_scan(all, s->elements, BYTES, began / 1000000);

        w->ns[i] = net(s, began, now_ns());
        if (!found) {
            die("a scan failed");
        }
        found->state->reserved -= BYTES;
        found->state->in_flight--;
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

typedef struct figures {
    double p50, p99;
} figures;

static figures run(setup *s, void *(*work)(void *))
{
    const size_t count = (size_t)THREADS * SAMPLES;
    uint32_t *ns = se__zalloc_array(count, sizeof(*ns));
    pthread_barrier_t start;
    worker workers[THREADS];
    figures f;

    if (!ns) {
        die("out of memory");
    }
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.setup = s,
                              .number = i,
                              .start = &start,
                              .ns = ns + (size_t)i * SAMPLES};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    pthread_barrier_destroy(&start);
    qsort(ns, count, sizeof(*ns), by_size);
    f.p50 = ns[count / 2];
    f.p99 = ns[count / 100 * 99];
    free(ns);
    return f;
}

static int64_t clock_cost(void)
{
    uint32_t took[1001];

    for (size_t i = 0; i < SE__COUNT(took); i++) {
        int64_t began = now_ns();

        took[i] = (uint32_t)(now_ns() - began);
    }
    qsort(took, SE__COUNT(took), sizeof(took[0]), by_size);
    return took[SE__COUNT(took) / 2];
}

/* ---- the comparison ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void print(const char *name, double *values, int n, const char *unit)
{
    qsort(values, (size_t)n, sizeof(*values), by_value);
    printf("    %-28s %8.2f  (%.2f-%.2f)%s\n", name, values[n / 2], values[0],
           values[n - 1], unit);
}

static void compare(setup *s, int rounds)
{
    static double p50[2][MAX_ROUNDS], p99[2][MAX_ROUNDS], ratio[MAX_ROUNDS];

    run(s, pick_all);
    run(s, scan_all);
    for (int i = 0; i < rounds; i++) {
        figures pick = run(s, pick_all);
        figures scan = run(s, scan_all);

        p50[0][i] = pick.p50;
        p99[0][i] = pick.p99;
        p50[1][i] = scan.p50;
        p99[1][i] = scan.p99;
        ratio[i] = pick.p99 / (scan.p99 > 0 ? scan.p99 : 1);
    }
    print("pick, median", p50[0], rounds, " ns");
    print("pick, p99", p99[0], rounds, " ns");
    print("plain scan, median", p50[1], rounds, " ns");
    print("plain scan, p99", p99[1], rounds, " ns");
    print("ratio of p99", ratio, rounds, "");
}

static se_policy policy_of(const char *name)
{
    for (int i = SE_POLICY_SEQUENTIAL; i <= SE_POLICY_ROUND_ROBIN; i++) {
        if (strcmp(se_policy_name((se_policy)i), name) == 0) {
            return (se_policy)i;
        }
    }
    die("there is no such policy");
    return SE_POLICY_SEQUENTIAL;
}

static void set_up(setup *s, const se_selector_options *options)
{
    s->clock_ns = clock_cost();
    for (int i = 0; i < 2; i++) {
        s->lists[i] = make_list(s->elements, i);
    }
    for (int i = 0; i < THREADS; i++) {
        s->plain[i] = plain_fleet(s->elements, s->with_room, PLENTY);
        if (!s->plain[i]) {
            die("out of memory");
        }
    }
    if (se_registry_open(&s->registry, NULL, NULL) != SE_OK ||
        se_selector_open(s->registry, options, &s->selector, NULL) != SE_OK ||
        se_registry_reload_endpoints(s->registry, s->lists[0], NULL, NULL) !=
            SE_OK) {
        die("the library cannot be opened");
    }
    give_room(s);
}

static void tear_down(setup *s)
{
    se_selector_close(s->selector);
    se_registry_close(s->registry);
    for (int i = 0; i < 2; i++) {
        se_topology_unref(s->lists[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        plain_free(s->plain[i], s->elements);
    }
}

static void read_options(int argc, char **argv, setup *s,
                         se_selector_options *options, int *rounds)
{
    int option;

    while ((option = getopt(argc, argv, "n:e:p:fm")) != -1) {
        if (option == 'n') {
            *rounds = (int)strtol(optarg, NULL, 10);
        } else if (option == 'e') {
            s->elements = (size_t)strtol(optarg, NULL, 10);
        } else if (option == 'p') {
            options->policy = policy_of(optarg);
        } else if (option == 'f') {
            s->first = true;
        } else if (option != 'm' ||
                   se_metrics_new(&options->metrics, NULL) != SE_OK) {
            die("[-n ROUNDS] [-e ELEMENTS] [-p POLICY] [-f] [-m]");
        }
    }
    if (*rounds < 1 || *rounds > MAX_ROUNDS || s->elements < 1 ||
        s->elements > MAX_ELEMENTS) {
        die("a number is out of range");
    }
}

int main(int argc, char **argv)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;
    setup s = {.elements = 100};
    int rounds = 7;
    pthread_t reloads;

    read_options(argc, argv, &s, &options, &rounds);
    s.with_room = s.first ? 0 : s.elements - 1;
    set_up(&s, &options);
    pthread_create(&reloads, NULL, reload, &s);
    compare(&s, rounds);
    atomic_store(&s.stop, true);
    pthread_join(reloads, NULL);
    tear_down(&s);
    se_metrics_unref(options.metrics);
    return 0;
}
