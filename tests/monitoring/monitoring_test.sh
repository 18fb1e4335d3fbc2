#!/usr/bin/env bash
# monitoring_test.sh PRINT_METRICS PRINT_LOG: the alerts fire when they should
# and only then, every query names what exists, Prometheus likes our metrics,
# and every line of the log is JSON.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/monitoring
print_metrics=$1
print_log=$2
examples=$root/examples/monitoring
PATH=$PATH:$root/build/tools # where tests/run.sh puts promtool
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# check WHAT COMMAND...: what it printed is shown if it failed
check() {
    local what=$1
    shift
    if "$@" >"$scratch/output" 2>&1; then
        passed=$((passed + 1))
    else
        echo "FAILED: $what"
        sed 's/^/   /' "$scratch/output" | head -n 40
        failed=$((failed + 1))
    fi
}

not() {
    ! "$@"
}

# ---- alerts ----

alerts() {
    sed -n 's/^ *- alert: *//p' "$examples/alerts.yml"
}

# Each alert has a case in which it fires and one in which it does not.
every_alert_is_tested() {
    local alert fires silent status=0
    for alert in $(alerts); do
        fires=$(grep -c "alertname: $alert\$" "$examples/alerts_test.yml")
        silent=$(grep -A 1 "alertname: $alert\$" "$examples/alerts_test.yml" |
            grep -c 'exp_alerts: \[\]')
        if [ "$silent" -lt 1 ] || [ "$fires" -le "$silent" ]; then
            echo "$alert: $fires cases, $silent of them silent"
            status=1
        fi
    done
    return $status
}

# With every threshold turned round, cases of every alert fail.
cases_can_fail() {
    local alert status=0
    mkdir "$scratch/turned"
    cp "$examples/alerts_test.yml" "$scratch/turned"
    sed -E '/(==|[<>]) *[0-9.]+ *$/{s/ > / LESS /; s/ < / > /; s/ LESS / < /
        s/ == / != /}' "$examples/alerts.yml" >"$scratch/turned/alerts.yml"
    promtool test rules "$scratch/turned/alerts_test.yml" \
        >"$scratch/turned/output" 2>&1
    for alert in $(alerts); do
        if ! grep -q "alertname: $alert," "$scratch/turned/output"; then
            echo "$alert can be turned round"
            status=1
        fi
    done
    return $status
}

# ---- queries ----

# where, expression, what is said: one line each, for queries.pl
dashboard_queries() {
    # shellcheck disable=SC2016 # variables of jq
    jq -r '(.panels[] | select(.targets) | .title as $title | .targets[] |
            [$title, .expr, .legendFormat]),
        (.templating.list[] | select(.type == "query") |
            ["variable " + .name, .query.query, ""]) | @tsv' \
        "$examples/dashboard.json"
}

alert_queries() {
    awk '/- alert:/ { flush(); name = $3; said = "" }
        /^ *expr:/ { block = match($0, /[^ ]/); sub(/^ *expr: *\|?/, "")
            text = $0; next }
        block && match($0, /[^ ]/) > block { text = text " " $0; next }
        { block = 0 }
        /summary:|description:/ { said = said $0 }
        function flush() {
            if (name) { gsub(/ +/, " ", text); gsub(/\t/, " ", said)
                print name "\t" text "\t" said }
        }
        END { flush() }' "$examples/alerts.yml"
}

# Each as a rule, for a parser.
dashboard_rules() {
    echo 'groups: [{name: dashboard, rules: ['
    # shellcheck disable=SC2016 # a variable of Grafana
    dashboard_queries | grep -v 'label_values(' | cut -f 2 |
        sed 's/\$__rate_interval/5m/g' | jq -R '{record: "x", expr: .}' |
        jq -s -c '.[]' | sed 's/$/,/'
    echo ']}]'
}

queries_exist() { # function
    "$1" | perl "$here/queries.pl" "$scratch/metrics"
}

one_query() { # expression
    printf 'here\t%s\t%s\n' "$1" "${2-}" |
        perl "$here/queries.pl" "$scratch/metrics"
}

# ---- metrics and log ----

only_one_finding() {
    promtool check metrics <"$scratch/metrics" >"$scratch/findings" 2>&1
    cat "$scratch/findings"
    [ "$(grep -c . "$scratch/findings")" -eq 1 ] &&
        grep -q '^ingester_se_endpoints_count .*_count' "$scratch/findings"
}

lines_are_json() { # format
    local lines
    "$print_log" "$1" >"$scratch/log" || return 1
    lines=$(wc -l <"$scratch/log")
    [ "$lines" -gt 500 ] || return 1
    # Each on its own: jq would not mind a value over two lines.
    [ "$(jq -R -c 'fromjson | select(.timestamp and .level == "WARNING" and
        has("message"))' "$scratch/log" | wc -l)" -eq "$lines" ]
}

holds_nothing_hostile() {
    not grep -q SECRET "$scratch/log" &&
        not grep -q -P '[\x00-\x09\x0b-\x1f\x7f]' "$scratch/log" &&
        iconv -f UTF-8 -t UTF-8 "$scratch/log" >/dev/null
}

if ! command -v promtool >/dev/null; then
    echo "promtool is not installed; tests/run.sh gets what is missing" >&2
    exit 1
fi
"$print_metrics" >"$scratch/metrics" || exit 1
dashboard_rules >"$scratch/dashboard_rules.yml"

check "rules can be read" promtool check rules "$examples/alerts.yml"
check "alerts fire, and only when they should" \
    promtool test rules "$examples/alerts_test.yml"
check "every alert is tested both ways" every_alert_is_tested
check "cases can fail" cases_can_fail
check "queries of alerts name what exists" queries_exist alert_queries
check "queries of the dashboard name what exists" \
    queries_exist dashboard_queries
check "queries of the dashboard can be read" \
    promtool check rules "$scratch/dashboard_rules.yml"
# shellcheck disable=SC2016 # a variable of Grafana
check "a query that is right" one_query \
    'sum by (source, le) (rate(ingester_se_config_reload_duration_seconds_bucket{source="redis",job=~"$x"}[5m]))' '{{source}}'
check "no such metric" not one_query 'rate(ingester_reload_total[5m])'
check "no such label" not one_query 'ingester_topology_held{source="redis"}'
check "no such value" not one_query \
    'ingester_se_config_reload_total{status="succeeded"}'
check "no such label to group by" not one_query \
    'sum by (mode) (ingester_se_config_reload_total)'
check "no such label in a legend" not one_query \
    'ingester_se_config_reload_total' '{{mode}}'
check "promtool has one finding only" only_one_finding
for format in json flat; do
    check "lines are JSON: $format" lines_are_json $format
    check "lines hold nothing hostile: $format" holds_nothing_hostile
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
