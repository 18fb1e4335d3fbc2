#!/usr/bin/env bash
# How uploads end: exit codes, signals, other elements.
#
#   upload_end_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

exit_codes() {
    file f 100000
    local f=$dir/f
    run --source file:/nonexistent/list upload "$f"
    exits 8 "no list"
    says "/nonexistent/list" "no list: which source"

    tell kill se-01
    tell kill se-02
    run --source "$source" upload "$f"
    exits 5 "all down"
    says "se-01" "all down: each is named"
    says "se-02" "all down: each is named"
    one_line "all down"
    tell revive se-01
    tell revive se-02

    tell used se-01 1099511627776
    tell used se-02 1099511627776
    run --source "$source" upload "$f"
    exits 6 "no room"
    tell used se-01 -1
    tell used se-02 -1

    tell fault se-01 upload before-body status status=413
    run --source "$source" upload "$f"
    exits 7 "refused"
    tell clear se-01

    # While it is asked for its room, no body byte has left.
    tell fault se-01 capacity before-body stall
    run --source "$source" upload --deadline 500ms "$f"
    exits 10 "deadline"
    tell clear se-01

    tell fault se-01 upload after-store wrong-checksum
    tell fault se-02 upload after-store wrong-checksum
    run --source "$source" upload "$f"
    exits 11 "integrity"
    tell clear se-01
    tell clear se-02

    tell fault se-01 upload before-body status status=401
    run --source "$source" upload "$f"
    exits 12 "authentication"
    tell clear se-01

    tell fault se-01 upload after-store close
    tell fault se-01 file before-body reset
    run --source "$source" upload --json "$f"
    exits 13 "unknown outcome"
    json '.[0].outcome == "unknown" and .[0].se_id == "se-01" and
        .[1].unknown == 1' "unknown outcome as JSON"
    tell clear se-01
}

failover() {
    file f 100000
    tell kill se-01
    run --source "$source" upload --json "$dir/f"
    exits 0 "one down"
    json '.[0].se_id == "se-02" and (.[0].attempts | length) == 2 and
        .[0].attempts[0].outcome == "rejected" and
        .[0].attempts[0].error != null' "attempts tell the story"
    tell revive se-01
    tell fault se-01 upload before-body status status=507
    run --source "$source" upload --json "$dir/f"
    json '.[0].se_id == "se-02" and .[0].attempts[0].http_status == 507' "507"
    tell counts se-01
    tell clear se-01
}

signals() {
    local signal expected pid
    file f 100000
    for signal in INT:130 TERM:143; do
        expected=${signal#*:}
        tell fault se-01 upload before-body stall
        tell counts se-01
        local before
        before=$(jq .uploads <<<"$answer_of_sandbox")
        "$ingest" --source "$source" upload --json "$dir/f" "$dir/f" \
            --jobs 1 >"$dir/out" 2>"$dir/err" </dev/null &
        pid=$!
        wait_for_count se-01 ".uploads > $before"
        kill -s "${signal%:*}" "$pid"
        wait "$pid"
        code=$?
        exits "$expected" "signal ${signal%:*}"
        # Unknown if the signal came after the wait for 100 Continue.
        json '(.[0].error.code == "SE_E_CANCELED" or
            .[0].error.code == "SE_E_UNKNOWN_OUTCOME") and
            .[1].skipped == 1' "signal ${signal%:*}"
        tell clear se-01
    done
}

# SIGUSR1 among them, which no shell blocks on its way to the program.
blocks_signals() { # pid: it will see to SIGINT itself
    local mask
    mask=$(sed -n 's/^SigBlk:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    [ -n "$mask" ] && [ $((0x$mask & 0x200)) -ne 0 ]
}

# While the list is read no upload has begun; an interruption is one all the
# same.
signal_without_list() {
    local i
    start_redis
    kill -STOP "$redis_pid"
    file f 1000
    start --source "$redis" --deadline 500ms upload "$dir/f"
    for ((i = 0; i < 2000; i++)); do
        blocks_signals "$pid" && break
        pause
    done
    ends INT 130 "a signal while a list is awaited that does not come"
    stop_redis
}

progress_on_demand() {
    local pid before
    file f 100000
    tell fault se-01 upload before-body stall
    tell counts se-01
    before=$(jq .uploads <<<"$answer_of_sandbox")
    "$ingest" --source "$source" upload --progress none "$dir/f" \
        >"$dir/out" 2>"$dir/err" </dev/null &
    pid=$!
    wait_for_count se-01 ".uploads > $before"
    kill -s USR1 "$pid"
    local i
    for ((i = 0; i < 500; i++)); do
        grep -q "0/1 files" "$dir/err" && break
        tell counts se-01
    done
    kill -s INT "$pid"
    wait "$pid"
    says "0/1 files" "SIGUSR1 shows the state"
    tell clear se-01
}

standard_fleet
exit_codes
failover
signals
signal_without_list
progress_on_demand
finish
