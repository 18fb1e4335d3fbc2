#!/usr/bin/env bash
# A list that is suddenly small: it is held back, seen, and let go.
#
#   held_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

with_state() { # folder, arguments of the command
    local state=$1
    shift
    run "$@" --state-dir "$state"
}

publish() { # document
    "$ingest" topology publish "$1" --redis "$redis" >/dev/null ||
        bad "publish $1"
}

hash_of() { # document
    "$ingest" topology show --source "file:$1" --state-dir "$dir/other-$RANDOM" \
        --json | jq -r .hash
}

subscribed() { # until so many listen to Redis
    local i
    for ((i = 0; i < 2000; i++)); do
        [ "$(redis_ask pubsub numsub artstore:service_discovery |
            tail -n 1)" -ge "$1" ] && return
        pause
    done
    bad "nobody listens"
}

# Somebody has the whole list in force, and hears of the small one.
hold() { # folder
    publish "$whole"
    start topology watch --source "$redis" --state-dir "$1" --json
    await err "watching 3 elements" "the whole list"
    subscribed 1
    publish "$small"
    await err "held back" "the small list"
    await err "topology accept" "what to do"
    mv "$dir/out" "$dir/watch"
    mv "$dir/err" "$dir/watch.err"
}

held() {
    local hash
    hash=$(hash_of "$small")
    hold "$dir/one"
    with_state "$dir/one" topology show --source "$redis" --json
    exits 0 "held"
    json ".[0].held == true and .[0].held_hash == \"$hash\" and
        .[0].held_reason != \"\" and .[0].held_ms >= 0 and
        (.[0].elements | length) == 3" "the old list is in force"
    with_state "$dir/one" topology show --source "$redis"
    prints se-03 "the old list, for people"
    says "${hash:0:12}" "which list is held back"
    says "topology accept" "what to do"
    if grep -q "no source answers" "$dir/err"; then
        bad "a source answered: its list is held back"
    else
        ok
    fi
    with_state "$dir/one" doctor --source "$redis" --json
    exits 2 "doctor and a list that is held back"
    json "map(select(.item == \"list\"))[0] | (.ok | not) and
        (.advice | test(\"topology accept\"))" "doctor: what to do"
    # Nothing is known of another: any list will do.
    with_state "$dir/two" topology show --source "$redis" --json
    json '.[0].held == false and (.[0].elements | length) == 2' \
        "without history"
}

# Whoever holds it is told, and lets it go.
accept() {
    with_state "$dir/one" topology accept --source "$redis" --json
    exits 0 "accept"
    json '.[0].type == "topology" and .[0].held == false and
        (.[0].elements | length) == 2' "accept"
    mv "$dir/out" "$dir/accepted"
    mv "$dir/watch" "$dir/out"
    mv "$dir/watch.err" "$dir/err"
    await out '"removed":["se-03"]' "whoever watches lets it go"
    await err "no list is held back any more" "whoever watches says so"
    ends INT 130 "whoever watches"
    with_state "$dir/one" topology show --source "$redis" --json
    json '.[0].held == false and (.[0].elements | length) == 2' "accepted"
    with_state "$dir/one" topology accept --source "$redis"
    exits 1 "nothing to accept"
    one_line "nothing to accept"
    run topology accept extra --source "$redis"
    exits 2 "accept takes no argument"
}

last_known_good() {
    publish "$whole"
    with_state "$dir/five" topology show --source "$redis" --json
    json '.[0].last_known_good == false and (.[0].elements | length) == 3' \
        "the whole list"
    stop_redis
    with_state "$dir/five" topology show --source "$redis" --json
    exits 0 "the last list that was good"
    json '.[0].last_known_good == true and (.[0].elements | length) == 3' \
        "the last list that was good"
    says "no source answers" "the last list that was good"
    file f 1000
    with_state "$dir/five" upload --source "$redis" --json "$dir/f"
    exits 0 "uploads go on by it"
    with_state "$dir/six" topology show --source "$redis"
    exits 8 "nothing is remembered"
}

# The same words name another list in another folder.
relative() {
    local before=$PWD
    mkdir "$dir/here" "$dir/there"
    cp "$whole" "$dir/here/list.json"
    cd "$dir/here" || exit 2
    with_state "$dir/seven" topology show --source file:list.json
    exits 0 "a path that is not from the root"
    cd "$dir/there" || exit 2
    with_state "$dir/seven" topology show --source file:list.json
    exits 8 "nothing is remembered of another folder"
    cd "$before" || exit 2
}

standard_fleet
start_redis
whole=$dir/fleet/fleet.json
small=$dir/small.json
jq '.storage_elements |= map(select(.element_id != "se-03"))' "$whole" >"$small"
held
accept
last_known_good
relative
finish
