#!/usr/bin/env bash
# topology watch: a line per change that comes into force.
#
#   watch_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

publish() { # document
    "$ingest" topology publish "$1" --redis "$redis" >/dev/null ||
        bad "publish $1"
}

subscribed() { # until somebody listens to Redis
    local i
    for ((i = 0; i < 2000; i++)); do
        [ "$(redis_ask pubsub numsub artstore:service_discovery |
            tail -n 1)" != 0 ] && return
        pause
    done
    bad "nobody listens"
}

lines() { # how many, what: no more than these on standard output
    if [ "$(wc -l <"$dir/out")" -eq "$1" ]; then ok; else bad "$2: lines"; fi
}

changes() {
    publish "$a"
    start topology watch --source "$redis" --json
    await err "watching 3 elements from redis" "what is in force"
    subscribed
    publish "$b"
    await out total_after "a change is seen"
    json 'length == 1 and .[0].schema == 1 and .[0].type == "diff" and
        .[0].source == "pubsub" and .[0].added == ["se-09"] and
        .[0].removed == ["se-02"] and
        .[0].updated == [{"id": "se-01", "old": {"priority": 100},
        "new": {"priority": 50}}] and .[0].rejected == [] and
        .[0].total_before == 3 and .[0].total_after == 3 and
        (.[0].applied_at |
            test("^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{6}Z$"))' "the change"
    publish "$b" # no change
    publish "$a"
    await out '"added":["se-02"]' "the change back"
    lines 2 "what does not change is not said"
    : >"$dir/err" # it appends
    kill -s USR1 "$pid"
    await err watching "SIGUSR1 says what is in force"
    ends INT 130 "watch ends by SIGINT"
    nobody_listens
}

# The connection is closed in order, not left to Redis to find out.
nobody_listens() {
    local i
    for ((i = 0; i < 500; i++)); do
        [ "$(redis_ask pubsub numsub artstore:service_discovery |
            tail -n 1)" = 0 ] && {
            ok
            return
        }
        pause
    done
    bad "still subscribed"
}

for_people() {
    start topology watch --source "$redis"
    await err watching "what is in force"
    subscribed
    publish "$b"
    await out "3 -> 3  +se-09  -se-02  ~se-01 priority 100 -> 50" "a change"
    lines 1 "one line"
    ends TERM 143 "watch ends by SIGTERM"
    start topology watch --source "$redis" -q
    subscribed
    ends INT 130 "quiet"
    if [ -s "$dir/err" ]; then bad "quiet"; else ok; fi
    publish "$a"
}

# What was published while Redis was away is found once it is back.
survives_redis() {
    start topology watch --source "$redis" --json
    await err watching "what is in force"
    subscribed
    redis_ask client kill type pubsub >/dev/null
    subscribed
    publish "$b"
    await out se-09 "a change after a lost connection"
    ends INT 130 "watch ends"
    publish "$a"
}

ends_by_itself() {
    run topology watch --source file:/nonexistent
    exits 8 "watch without a list"
    run topology watch extra --source "$redis"
    exits 2 "watch takes no argument"
    run topology watch --source "$redis" --deadline 100ms
    exits 10 "watch with a deadline"
    # Nobody reads: it does not go on for nobody.
    mkfifo "$dir/pipe"
    "$ingest" topology watch --source "$redis" >"$dir/pipe" 2>"$dir/err" \
        </dev/null &
    pid=$!
    exec {reader}<"$dir/pipe"
    await err watching "what is in force"
    subscribed
    exec {reader}<&-
    publish "$b"
    wait "$pid"
    code=$?
    exits 1 "nobody reads what changes"
    says "could not be written" "nobody reads what changes"
}

standard_fleet
a=$dir/fleet/fleet.json
b=$dir/b.json
jq '.storage_elements |= (map(select(.element_id != "se-02")) |
    map(if .element_id == "se-01" then .priority = 50 else . end)) +
    [{"element_id": "se-09", "api_url": "http://127.0.0.9:1",
      "mode": "edit"}]' "$a" >"$b"
start_redis
changes
for_people
survives_redis
ends_by_itself
finish
