#!/usr/bin/env bash
# doctor: what is wrong, and what to do about it.
#
#   doctor_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

item() { # item as jq sees it, condition on it, what
    json "map(select(.item == \"$1\")) | length == 1 and (.[0] | $2)" "$3"
}

healthy() {
    run doctor --source "$source" --json
    exits 0 "all is fine"
    json 'all(.schema == 1 and .type == "check" and .ok and
        .message != "" and (has("advice") | not))' "all is fine"
    item "source $source" '.message == "3 elements"' "the source"
    item list .ok "the list"
    item "element se-03" '.message | test("mode rw, healthy")' "an element"
    item token '.message | test("none")' "no token"
    item clock .ok "the clock"
    run doctor --source "$source"
    exits 0 "all is fine, for people"
    prints "all 8 are fine" "all is fine, for people"
    if grep -q '^bad' "$dir/out"; then bad "something is not"; else ok; fi
    run doctor --source "$source" -q
    if [ -s "$dir/out" ] || [ -s "$dir/err" ]; then bad "quiet"; else ok; fi
}

sources() {
    run doctor --source file:/nonexistent --source "$source" --json
    exits 5 "one of two sources"
    item "source file:/nonexistent" '(.ok | not) and
        (.message | test("No such file")) and
        (.advice | test("topology check"))' "one of two sources"
    item "source $source" .ok "the other source"
    item "element se-01" .ok "elements by the other source"
    run doctor --source file:/nonexistent --json
    exits 8 "no source gives a list"
    item list '.ok | not' "no list"
    run doctor
    exits 2 "no source is named"
    run doctor extra --source "$source"
    exits 2 "doctor takes no argument"
    # One of six: of a list with more that is bad nothing is believed.
    jq '.storage_elements += [.storage_elements[] |
        .element_id += "-copy" | .mode = "ro"] |
        .storage_elements[1].api_url = "ftp://x"' "$dir/fleet/fleet.json" \
        >"$dir/half.json"
    run doctor --source "file:$dir/half.json" --json
    exits 2 "an element that is no good"
    item "source file:$dir/half.json" '(.ok | not) and
        (.message | test("5 elements, 1 left out, the first: se-02"))' \
        "an element that is no good"
}

redis_sources() {
    redis_options=(--requirepass secret-word)
    start_redis
    run doctor --source "$redis" --json
    exits 8 "Redis without its password"
    item "source $redis" '.advice | test("REDIS_PASSWORD")' "what to do"
    ARTSTORE_INGEST_SOURCE="redis://:secret-word@${redis#redis://} $source" \
        run doctor --json
    exits 5 "an empty Redis"
    item "source redis://:********@${redis#redis://}" \
        '(.ok | not) and (.advice | test("topology publish"))' "an empty Redis"
    if grep -q secret-word "$dir/out" "$dir/err"; then bad "a secret"; else ok; fi
    REDIS_PASSWORD=secret-word run topology publish "$dir/fleet/fleet.json" \
        --redis "$redis"
    ARTSTORE_INGEST_SOURCE="redis://:secret-word@${redis#redis://} $source" \
        run doctor --json
    exits 0 "both sources"
    stop_redis
}

elements() {
    tell kill se-02
    run doctor --source "$source" --json
    exits 5 "an element is down"
    item "element se-02" '(.ok | not) and .message != "" and .advice != null' \
        "an element is down"
    item "element se-01" .ok "another is not"
    run doctor --source "$source" -q
    prints "bad  element se-02" "only what is wrong"
    if [ "$(wc -l <"$dir/out")" -eq 1 ]; then ok; else bad "more is said"; fi
    tell revive se-02
}

machine() {
    echo token >"$dir/token"
    chmod 600 "$dir/token"
    run doctor --source "$source" --token-file "$dir/token" --json
    exits 0 "a token"
    item "token $dir/token" .ok "a token"
    chmod 644 "$dir/token"
    run doctor --source "$source" --token-file "$dir/token" --json
    exits 2 "a token that others may read"
    item "token $dir/token" '.advice | test("chmod 600")' "what to do"
    run doctor --source "$source" --token-file "$dir/none" --json
    exits 2 "no token file"
    : >"$dir/token"
    chmod 600 "$dir/token"
    run doctor --source "$source" --token-file "$dir/token" --json
    exits 2 "an empty token file"
    jq '.timestamp = "2999-01-01T00:00:00Z"' "$dir/fleet/fleet.json" \
        >"$dir/future.json"
    run doctor --source "file:$dir/future.json" --json
    exits 2 "a list from the future"
    item clock '(.ok | not) and (.advice | test("clock"))' "the clock"
}

standard_fleet
healthy
sources
redis_sources
elements
machine
finish
