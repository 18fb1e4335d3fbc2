#!/usr/bin/env bash
# capacity --watch: one of several keeps watch, the others read.
#
#   monitor_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

# As quick as settings allow.
export CAPACITY_MONITOR_BASE_INTERVAL=1 CAPACITY_MONITOR_LEADER_TTL=3
export CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL=1
export CAPACITY_MONITOR_RETRY_BASE_DELAY=0.2

leader() {
    start capacity --watch --source "$redis" --json
    await out '"role":"leader"' "one becomes the leader"
    await out '"id":"se-03"' "the last element"
    json 'all(.schema == 1) and
        (map(select(.type == "role"))[-1] | .role == "leader" and
            (.instance_id | test("^ingester-[0-9a-f]{8}$"))) and
        (map(select(.type == "capacity" and .id == "se-01"))[-1] |
            .mode == "edit" and .health == "healthy" and .origin == "poll" and
            .total > 0 and .available > 0 and .age_ms >= 0)' "what it says"
    tell used se-01 123456789
    await out '"used":123456789' "a change"
    json 'map(select(.type == "capacity" and .id == "se-02")) | length == 1' \
        "what does not change is said once"
    tell kill se-02
    await out unhealthy "one that is down"
    tell revive se-02
    tell used se-01 -1
    leader_pid=$pid
}

# Reads what the leader writes, and takes over from it.
follower() {
    mv "$dir/out" "$dir/leader"
    mv "$dir/err" "$dir/leader.err"
    start capacity --watch --source "$redis" --json
    await out '"role":"follower"' "another follows"
    await out '"origin":"cache"' "and reads what the leader polled"
    kill -s TERM "$leader_pid"
    wait "$leader_pid"
    code=$?
    exits 143 "the leader ends"
    await out '"role":"leader"' "another takes over"
    ends INT 130 "capacity --watch ends"
    if [ "$(redis_ask exists capacity_monitor:leader_lock)" = 0 ]; then
        ok
    else
        bad "the lease is not given back"
    fi
}

for_people() {
    start capacity --watch --source "$redis"
    await out ", leader" "the role"
    await out "se-03  rw  healthy" "an element"
    ends INT 130 "capacity --watch, for people"
}

# It gives the lease back before it ends; whoever cannot wait says so again.
impatient() {
    start capacity --watch --source "$redis"
    await out ", leader" "the role"
    kill -STOP "$redis_pid"
    kill -s INT "$pid"
    while [ -e "/proc/$pid/fd/1" ]; do
        kill -s INT "$pid" 2>/dev/null
        pause
    done
    wait "$pid"
    code=$?
    exits 130 "a second signal"
    kill -CONT "$redis_pid"
}

# Without Redis it asks by itself.
alone() {
    start capacity --watch --source "$source" --json
    await out '"id":"se-03"' "without Redis"
    json 'map(select(.type == "capacity" and .id == "se-01"))[-1].origin ==
        "poll"' "without Redis"
    ends TERM 143 "capacity --watch without Redis"
    run capacity --watch --source file:/nonexistent
    exits 8 "capacity --watch without a list"
    run capacity --watch --source "$source" --deadline 100ms
    exits 10 "capacity --watch with a deadline"
}

standard_fleet
start_redis
"$ingest" topology publish "$dir/fleet/fleet.json" --redis "$redis" >/dev/null
leader
follower
for_people
impatient
alone
finish
