/*
 * One process of many: a monitor over a list in a file, told what to do on
 * standard input, one answer line each.
 *
 *     monitor_peer REDIS-URL FLEET-DOCUMENT INSTANCE-ID
 *
 * role: unknown, leader, follower. polls: how many of its own polls elements
 * have answered. gauge: what its metric says of its being the leader.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <artstore/metrics.h>
#include <artstore/monitor.h>
#include <artstore/registry.h>
#include <artstore/source.h>

#define POLLS "capacity_poll_duration_seconds"
#define GAUGE "capacity_monitor_leader_state"

static se_metrics *metrics;

static void add_up(void *user, const se_metric_sample *sample)
{
    double *sums = user;

    if (strcmp(sample->name, POLLS) == 0) {
        sums[0] += (double)sample->count;
    } else if (strcmp(sample->name, GAUGE) == 0) {
        sums[1] = sample->value;
    }
}

static void answer(const se_monitor *monitor, const char *command)
{
    double sums[2] = {0, -1};

    se_metrics_each(metrics, add_up, sums);
    if (strcmp(command, "role\n") == 0) {
        puts(se_role_name(se_monitor_role(monitor)));
    } else if (strcmp(command, "polls\n") == 0) {
        printf("%.0f\n", sums[0]);
    } else if (strcmp(command, "gauge\n") == 0) {
        printf("%.0f\n", sums[1]);
    } else {
        puts("?");
    }
    fflush(stdout);
}

static se_err open_all(char **argv, se_registry **registry,
                       se_monitor **monitor, se_error *err)
{
    se_monitor_options options = SE_MONITOR_OPTIONS_INIT;
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    se_source *source = NULL;
    se_err rc = se_registry_open(registry, NULL, err);

    redis.url = argv[1];
    options.redis = &redis;
    options.instance_id = argv[3];
    options.lease_ttl_ms = 1500;
    options.lease_renewal_ms = 300;
    options.poll_base_ms = 150;
    options.poll_max_ms = 150;
    options.suspect_ms = 50;
    options.poll_timeout_ms = 2000;
    rc = rc == SE_OK ? se_source_file(argv[2], &source, err) : rc;
    rc = rc == SE_OK ? se_registry_add_source(*registry, source, err) : rc;
    rc = rc == SE_OK
             ? se_registry_reload(*registry, SE_RELOAD_MANUAL, 0, NULL, err)
             : rc;
    rc = rc == SE_OK ? se_metrics_new(&metrics, err) : rc;
    options.metrics = metrics;
    rc = rc == SE_OK ? se_monitor_open(*registry, &options, monitor, err) : rc;
    return rc == SE_OK ? se_monitor_start(*monitor, err) : rc;
}

int main(int argc, char **argv)
{
    se_registry *registry = NULL;
    se_monitor *monitor = NULL;
    se_error err = SE_ERROR_INIT;
    char line[64];
    int status = 1;

    if (argc == 4 && open_all(argv, &registry, &monitor, &err) == SE_OK) {
        puts("ready");
        fflush(stdout);
        while (fgets(line, sizeof(line), stdin)) {
            answer(monitor, line);
        }
        status = 0;
    } else {
        fprintf(stderr, "monitor_peer: %s\n", err.message);
    }
    se_monitor_close(monitor);
    se_registry_close(registry);
    se_metrics_unref(metrics);
    return status;
}
