#include "topology_diff.h"

#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "json.h"

static void json_ids(json_line *line, const char *key, const se_diff *diff,
                     se_change_kind kind)
{
    json_open(line, key, '[');
    for (size_t i = 0; i < se_diff_count(diff, kind); i++) {
        json_string(line, NULL, se_change_id(se_diff_at(diff, kind, i)));
    }
    json_close(line, ']');
}

/* Of an updated element only what differs. */
static void json_side(json_line *line, const char *key,
                      const se_element *element, const se_element *other)
{
    json_open(line, key, '{');
    if (strcmp(se_element_url(element), se_element_url(other)) != 0) {
        json_string(line, "url", se_element_url(element));
    }
    if (se_element_mode(element) != se_element_mode(other)) {
        json_string(line, "mode", se_mode_name(se_element_mode(element)));
    }
    if (se_element_priority(element) != se_element_priority(other)) {
        json_int(line, "priority", se_element_priority(element));
    }
    if (se_element_available(element) != se_element_available(other)) {
        json_bool(line, "available", se_element_available(element));
    }
    json_close(line, '}');
}

static void json_updated(json_line *line, const se_diff *diff)
{
    json_open(line, "updated", '[');
    for (size_t i = 0; i < se_diff_count(diff, SE_CHANGE_UPDATED); i++) {
        const se_change *change = se_diff_at(diff, SE_CHANGE_UPDATED, i);
        const se_element *before = se_change_before(change);
        const se_element *after = se_change_after(change);

        json_open(line, NULL, '{');
        json_string(line, "id", se_change_id(change));
        json_side(line, "old", before, after);
        json_side(line, "new", after, before);
        json_close(line, '}');
    }
    json_close(line, ']');
}

static void json_rejected(json_line *line, const se_diff *diff)
{
    json_open(line, "rejected", '[');
    for (size_t i = 0; i < se_diff_count(diff, SE_CHANGE_REJECTED); i++) {
        const se_change *change = se_diff_at(diff, SE_CHANGE_REJECTED, i);

        json_open(line, NULL, '{');
        json_string(line, "id", se_change_id(change));
        json_string(line, "reason", se_change_reason(change));
        json_close(line, '}');
    }
    json_close(line, ']');
}

void topology_diff_json(const se_diff *diff, const char *applied_at)
{
    json_line line = json_begin(stdout, "diff");
    size_t before;
    size_t after;

    se_diff_totals(diff, &before, &after);
    json_string(&line, "source", se_topology_source(se_diff_after(diff)));
    json_optional(&line, "applied_at", applied_at);
    json_ids(&line, "added", diff, SE_CHANGE_ADDED);
    json_ids(&line, "removed", diff, SE_CHANGE_REMOVED);
    json_updated(&line, diff);
    json_rejected(&line, diff);
    json_int(&line, "total_before", (int64_t)before);
    json_int(&line, "total_after", (int64_t)after);
    json_end(&line);
}

static void print_element(const char *mark, const se_element *element)
{
    printf("%s %s  %s  %s  priority %" PRId32 "%s\n", mark,
           se_element_id(element), se_element_url(element),
           se_mode_name(se_element_mode(element)), se_element_priority(element),
           se_element_available(element) ? "" : "  unavailable");
}

void topology_diff_print(const se_diff *diff)
{
    for (size_t i = 0; i < se_diff_count(diff, SE_CHANGE_ADDED); i++) {
        print_element("+",
                      se_change_after(se_diff_at(diff, SE_CHANGE_ADDED, i)));
    }
    for (size_t i = 0; i < se_diff_count(diff, SE_CHANGE_REMOVED); i++) {
        print_element("-",
                      se_change_before(se_diff_at(diff, SE_CHANGE_REMOVED, i)));
    }
    for (size_t i = 0; i < se_diff_count(diff, SE_CHANGE_UPDATED); i++) {
        const se_change *change = se_diff_at(diff, SE_CHANGE_UPDATED, i);

        print_element("<", se_change_before(change));
        print_element(">", se_change_after(change));
    }
    for (size_t i = 0; i < se_diff_count(diff, SE_CHANGE_REJECTED); i++) {
        const se_change *change = se_diff_at(diff, SE_CHANGE_REJECTED, i);

        fputs("! ", stdout);
        cli_print(stdout, se_change_id(change));
        fputs("  left out: ", stdout);
        cli_print(stdout, se_change_reason(change));
        putchar('\n');
    }
    if (se_diff_is_empty(diff)) {
        puts("no change");
    }
}

/* " priority 200 -> 50", for each thing that differs. */
static void print_update(const se_element *before, const se_element *after)
{
    if (strcmp(se_element_url(before), se_element_url(after)) != 0) {
        printf(" url %s -> %s", se_element_url(before), se_element_url(after));
    }
    if (se_element_mode(before) != se_element_mode(after)) {
        printf(" mode %s -> %s", se_mode_name(se_element_mode(before)),
               se_mode_name(se_element_mode(after)));
    }
    if (se_element_priority(before) != se_element_priority(after)) {
        printf(" priority %" PRId32 " -> %" PRId32, se_element_priority(before),
               se_element_priority(after));
    }
    if (se_element_available(before) != se_element_available(after)) {
        printf(" %s",
               se_element_available(after) ? "available" : "unavailable");
    }
}

static void print_changes(const se_diff *diff, se_change_kind kind, char mark)
{
    for (size_t i = 0; i < se_diff_count(diff, kind); i++) {
        const se_change *change = se_diff_at(diff, kind, i);

        printf("  %c", mark);
        cli_print(stdout, se_change_id(change));
        if (kind == SE_CHANGE_UPDATED) {
            print_update(se_change_before(change), se_change_after(change));
        } else if (kind == SE_CHANGE_REJECTED) {
            putchar(' ');
            cli_print(stdout, se_change_reason(change));
        }
    }
}

void topology_diff_line(const se_diff *diff, const char *applied_at)
{
    size_t before;
    size_t after;

    se_diff_totals(diff, &before, &after);
    printf("%s  %s  %zu -> %zu", applied_at,
           se_topology_source(se_diff_after(diff)), before, after);
    print_changes(diff, SE_CHANGE_ADDED, '+');
    print_changes(diff, SE_CHANGE_REMOVED, '-');
    print_changes(diff, SE_CHANGE_UPDATED, '~');
    print_changes(diff, SE_CHANGE_REJECTED, '!');
    putchar('\n');
}
