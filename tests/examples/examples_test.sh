#!/usr/bin/env bash
# examples_test.sh FOLDER SANDBOX: each example program delivers to a real
# storage element, and ends as it should when it cannot.
set -u
programs=$1
sandbox=$2
scratch=$(mktemp -d) || exit 2
fleet=$scratch/fleet
pid=
stop() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    [ -z "$pid" ] || wait "$pid" 2>/dev/null
    rm -rf "$scratch"
}
trap stop EXIT
failed=0

fail() {
    echo "examples: $*" >&2
    failed=$((failed + 1))
}

start_fleet() {
    local waited=0
    mkdir "$fleet"
    "$sandbox" --dir "$fleet" --element se-01:edit:100 \
        --element se-02:edit:200 >"$scratch/log" 2>&1 </dev/null &
    pid=$!
    until grep -qx ready "$scratch/log"; do
        if [ $((waited += 1)) -gt 300 ] || ! kill -0 "$pid" 2>/dev/null; then
            cat "$scratch/log" >&2
            echo "examples: the storage elements are not ready" >&2
            exit 1
        fi
        sleep 0.1
    done
}

# expect STATUS PROGRAM ARGUMENT...: its output is left in $output.
expect() {
    local wanted=$1 status=0 program=$2
    shift 2
    output=$("$programs/example_$program" "$@" 2>&1) || status=$?
    [ $status -eq "$wanted" ] ||
        fail "$program $*: exit $status, not $wanted: $output"
}

is_stored() { # file id
    cmp -s "$1" "$fleet/se-01/$2" || fail "$1 is not stored as $2"
}

uploads() {
    expect 0 upload "file:$fleet/fleet.json" "$scratch/a"
    [[ $output =~ ^([0-9a-f-]{36})\ se-01$ ]] || fail "upload says $output"
    is_stored "$scratch/a" "${BASH_REMATCH[1]-}"
    expect 4 upload "file:$fleet/fleet.json" "$scratch/missing"
    expect 8 upload "file:$scratch/missing.json" "$scratch/a"
    expect 2 upload
}

event_loop() {
    local files=() line
    for i in {1..40}; do
        head -c $((i * 1000)) /dev/urandom >"$scratch/f$i"
        files+=("$scratch/f$i")
    done
    expect 0 event_loop "file:$fleet/fleet.json" "${files[@]}"
    [ "$(wc -l <<<"$output")" -eq 40 ] || fail "event_loop says $output"
    while read -r line; do
        [[ $line =~ ^([^:]*):\ ([0-9a-f-]{36})\ on\ se-01$ ]] ||
            fail "event_loop says $line"
        is_stored "${BASH_REMATCH[1]-}" "${BASH_REMATCH[2]-}"
    done <<<"$output"
    expect 4 event_loop "file:$fleet/fleet.json" "$scratch/missing" \
        "$scratch/a"
    grep -q ' on se-01$' <<<"$output" || fail "event_loop gave up: $output"
}

# A pipe that nobody writes to is refused, an endless one cannot be named; so
# the element is stopped to have something to interrupt.
event_loop_is_interrupted() {
    local child status=0 waited=0
    kill -STOP "$pid"
    "$programs/example_event_loop" "file:$fleet/fleet.json" "$scratch/a" \
        >"$scratch/interrupted" 2>&1 &
    child=$!
    # Blocked as soon as it waits: its mask holds SIGINT.
    until grep -qi '^SigBlk:.*[2367abef]$' "/proc/$child/status"; do
        [ $((waited += 1)) -le 300 ] || break
        sleep 0.02
    done
    kill -INT "$child"
    wait "$child" || status=$?
    kill -CONT "$pid"
    if [ $status -eq 0 ] || ! grep -q canceled "$scratch/interrupted"; then
        fail "interrupted: exit $status: $(cat "$scratch/interrupted")"
    fi
}

custom_source() {
    local url
    url=$(grep -o '"http://[^"]*"' "$fleet/fleet.json" | head -n 1)
    cat >"$scratch/table" <<END
# id     mode  base URL

my-own   edit  ${url//\"/}
my-next  edit  http://127.0.0.1:1
END
    expect 0 custom_source "$scratch/table" "$scratch/a"
    [[ $output =~ ^([0-9a-f-]{36})\ my-own$ ]] ||
        fail "custom_source says $output"
    is_stored "$scratch/a" "${BASH_REMATCH[1]-}"
    echo "other wrong http://127.0.0.1:1" >>"$scratch/table"
    expect 8 custom_source "$scratch/table" "$scratch/a"
    grep -q 'line 5 of the table' <<<"$output" ||
        fail "custom_source says $output"
    expect 8 custom_source "$scratch/missing" "$scratch/a"
}

head -c 200000 /dev/urandom >"$scratch/a"
start_fleet
uploads
event_loop
event_loop_is_interrupted
custom_source

[ $failed -eq 0 ]
