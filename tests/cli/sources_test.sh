#!/usr/bin/env bash
# Redis and an Admin Module that both fail: the last list that was good, and
# without one a message that says how each of them failed.
#
#   sources_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

both() { # arguments of the command
    run "$@" --source "$redis" --source "$admin"
}

# ---- ways to fail, and the words for it ----

redis_good() {
    redis_ask del artstore:storage_elements >/dev/null
    "$ingest" topology publish "$dir/fleet/fleet.json" --redis "$redis" \
        >/dev/null || bad "publish"
}

redis_bad() { # which
    case $1 in
    missing) redis_words="does not exist" ;;
    garbage)
        redis_ask set artstore:storage_elements '<html>' >/dev/null
        redis_words="redis: key artstore:storage_elements"
        ;;
    type)
        redis_ask rpush artstore:storage_elements x >/dev/null
        redis_words=WRONGTYPE
        ;;
    password)
        redis_ask config set requirepass not-told >/dev/null
        redis_words=NOAUTH
        ;;
    refused)
        stop_redis
        redis_words="Connection refused"
        ;;
    esac
}

admin_bad() { # which
    case $1 in
    refused)
        tell kill admin
        admin_words="connection refused"
        ;;
    401 | 500)
        tell fault admin list before-body status "status=$1"
        admin_words="HTTP $1"
        ;;
    endless)
        tell fault admin list before-body endless
        admin_words="admin_module: "
        ;;
    hanging)
        tell fault admin list before-body stall
        admin_words="admin_module: "
        ;;
    html)
        tell fault admin list before-body status status=200 \
            'body=<html>maintenance</html>'
        admin_words="admin_module: "
        ;;
    esac
}

admin_good() {
    tell clear admin
    tell revive admin
}

# ---- what is seen ----

no_list() { # what
    exits 8 "$1"
    one_line "$1"
    says "redis: " "$1"
    says "; admin_module: " "$1"
    says "$redis_words" "$1"
    says "$admin_words" "$1"
}

each_fails() {
    local pair
    for pair in missing:401 garbage:500 type:endless missing:hanging \
        garbage:html password:500 refused:refused; do
        redis_ask del artstore:storage_elements >/dev/null
        redis_bad "${pair%:*}"
        admin_bad "${pair#*:}"
        both topology show
        no_list "show: $pair"
        both upload "$dir/f"
        no_list "upload: $pair"
        admin_good
    done
    [ "$(wc -l <"$dir/fleet/truth.jsonl")" -eq 0 ] ||
        bad "something was stored without a list"
}

# The other one is enough.
one_is_enough() {
    local which
    start_redis
    for which in missing garbage type; do
        redis_ask del artstore:storage_elements >/dev/null
        redis_bad "$which"
        both topology show --json
        exits 0 "the Admin Module for Redis: $which"
        json '.[0].source == "admin_module" and
            (.[0].elements | length) == 3' "the Admin Module for Redis: $which"
    done
    redis_good
    admin_bad 500
    both topology show --json
    exits 0 "Redis before the Admin Module"
    json '.[0].source == "redis" and (.[0].elements | length) == 3' \
        "Redis before the Admin Module"
    admin_good
}

last_known_good() {
    local kept=(--state-dir "$dir/kept")
    both topology show --json "${kept[@]}"
    exits 0 "a list to remember"
    stop_redis
    admin_bad 401
    both topology show --json "${kept[@]}"
    exits 0 "the last list that was good"
    json '.[0].last_known_good and (.[0].elements | length) == 3' \
        "the last list that was good"
    both upload --json "$dir/f" "${kept[@]}"
    exits 0 "an upload by the last list that was good"
    json '.[0].se_id == "se-01"' "an upload by the last list that was good"
    both upload "$dir/f"
    exits 8 "another folder remembers nothing"
}

sandbox_options=(--admin -)
standard_fleet
start_redis
file f 1000
each_fails
one_is_enough
last_known_good
finish
