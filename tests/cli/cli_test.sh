#!/usr/bin/env bash
# The command as a person and a script use it, against a sandbox fleet.
#
#   cli_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
#
# ARTSTORE_TEST_MEMORY=off: memory is not looked at (sanitizers need more).
set -u
ingest=$1
sandbox=$2
within=$3
dir=$(mktemp -d "${TMPDIR:-/tmp}/artstore-cli-XXXXXX")
passed=0
failed=0
export NO_COLOR=1 TERM=dumb
unset "${!ARTSTORE_INGEST_@}"

# ---- the fleet ----

start_fleet() { # element...
    local element arguments=()
    for element in "$@"; do
        arguments+=(--element "$element")
    done
    rm -rf "$dir/fleet"
    coproc FLEET { exec "$sandbox" --dir "$dir/fleet" --control \
        --stdin-close "${arguments[@]}" "${sandbox_options[@]}"; }
    local line=
    while [ "$line" != ready ]; do
        read -r -t 10 line <&"${FLEET[0]}" || {
            echo "the sandbox does not start" >&2
            exit 1
        }
    done
    source=file:$dir/fleet/fleet.json
}
sandbox_options=()

stop_fleet() {
    local pid=${FLEET_PID-}
    [ -n "$pid" ] || return 0
    echo quit >&"${FLEET[1]}"
    wait "$pid"
}
trap 'stop_fleet 2>/dev/null; rm -rf "$dir"' EXIT

tell() { # command for the sandbox
    local answer
    echo "$*" >&"${FLEET[1]}"
    read -r -t 10 answer <&"${FLEET[0]}"
    case $answer in
    error:*)
        echo "sandbox: $answer ($*)" >&2
        exit 1
        ;;
    esac
    answer_of_sandbox=$answer
}

standard_fleet() {
    stop_fleet
    start_fleet se-01:edit:100 se-02:edit:200 se-03:rw:300
}

# ---- checks ----

ok() {
    passed=$((passed + 1))
}

bad() { # what, detail...
    failed=$((failed + 1))
    echo "FAILED: $*"
    sed 's/^/   out: /' "$dir/out"
    sed 's/^/   err: /' "$dir/err"
}

run() { # arguments of the command; sets $code
    "$ingest" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    code=$?
}

exits() { # code, what
    if [ "$code" -eq "$1" ]; then ok; else bad "$2: exit $code, not $1"; fi
}

says() { # text on standard error, what
    if grep -qF -- "$1" "$dir/err"; then ok; else bad "$2: no \"$1\""; fi
}

prints() { # text on standard output, what
    if grep -qF -- "$1" "$dir/out"; then ok; else bad "$2: no \"$1\""; fi
}

one_line() { # what: exactly one line on standard error
    if [ "$(wc -l <"$dir/err")" -eq 1 ]; then ok; else bad "$1: lines"; fi
}

json() { # jq expression that must hold for all lines together, what
    if jq -es "$1" "$dir/out" >/dev/null 2>"$dir/jq"; then
        ok
    else
        bad "$2: not $1 $(cat "$dir/jq")"
    fi
}

file() { # name size
    head -c "$2" /dev/urandom >"$dir/$1"
}

# ---- usage ----

usage_errors() {
    local case_
    local cases=(
        ""
        "nonsense"
        "upload"
        "upload --nonsense x"
        "upload -Z x"
        "upload x"
        "upload --source redis://u:secret@127.0.0.1 x"
        "upload --source nonsense:x x"
        "--source file:x upload --ttl-days 0 x"
        "--source file:x upload --ttl-days 366 x"
        "--source file:x upload --ttl-days ten x"
        "--source file:x upload --retention maybe x"
        "--source file:x upload --retention permanent --ttl-days 3 x"
        "--source file:x upload --jobs 0 x"
        "--source file:x upload --name a x y"
        "--source file:x upload - -"
        "--source file:x upload --deadline 5 x"
        "--source file:x upload --size 5 x"
        "--source file:x upload x --ttl-days"
        "--source file:x upload --json=yes x"
        "--source file:x explain"
        "--source file:x explain --size many"
        "--source file:x explain --size 99999999T"
        "topology"
        "topology dance"
        "--source file:x topology diff"
        "topology check"
        "help nonsense"
    )
    for case_ in "${cases[@]}"; do
        # shellcheck disable=SC2086 # words on purpose
        run $case_
        exits 2 "usage: $case_"
        one_line "usage: $case_"
        if grep -q secret "$dir/err"; then bad "a secret: $case_"; fi
    done
    run upload x
    says --source "which sources there are"
    ARTSTORE_INGEST_PROGRESS=loud run --source file:x upload x
    exits 2 "a bad value in the environment"
    says ARTSTORE_INGEST_PROGRESS "which variable it is"
}

help_is_there() {
    local topic
    for topic in "" upload topology explain capacity version exit-codes env \
        json; do
        # shellcheck disable=SC2086
        run help $topic
        exits 0 "help $topic"
    done
    run upload --help
    prints "--ttl-days" "help of a command"
    run --help
    prints "upload" "help of all"
    run version
    prints "libcurl" "version"
    run version --json
    json '.[0].version != null' "version as JSON"
}

# ---- upload ----

upload_one() {
    file one.pdf 100000
    run --source "$source" upload "$dir/one.pdf"
    exits 0 "one file"
    prints "stored  $dir/one.pdf" "one file"
    run upload --json "$dir/one.pdf" --source "$source"
    exits 0 "options behind the command"
    json 'length == 2 and all(.schema == 1)' "two lines"
    json '.[0].type == "result" and .[0].outcome == "stored" and
        .[0].se_id == "se-01" and .[0].size == 100000 and
        .[0].registered == "off" and (.[0] | has("error") | not) and
        (.[0].attempts | length) == 1 and
        .[0].attempts[0].http_status == 201' "the result"
    json '.[1].type == "summary" and .[1].files == 1 and .[1].stored == 1 and
        .[1].bytes == 100000' "the summary"
    local id sum
    id=$(jq -r 'select(.type == "result").file_id' "$dir/out")
    sum=$(sha256sum "$dir/one.pdf" | cut -c1-64)
    json ".[0].sha256 == \"$sum\"" "the checksum"
    cmp -s "$dir/one.pdf" "$dir/fleet/se-01/$id" || bad "stored bytes"
    ARTSTORE_INGEST_SOURCE="$source" ARTSTORE_INGEST_JSON=on run \
        upload "$dir/one.pdf"
    exits 0 "source from the environment"
    json '.[1].stored == 1' "a flag from the environment"
    run --source "$source" upload --retention permanent --json "$dir/one.pdf"
    json '.[0].se_id == "se-03"' "permanent files"
    run --source "$source" upload -q "$dir/one.pdf"
    if [ -s "$dir/out" ] || [ -s "$dir/err" ]; then bad "quiet"; else ok; fi
}

upload_stdin() {
    file big 3000000
    local sum
    sum=$(sha256sum "$dir/big" | cut -c1-64)
    "$ingest" --source "$source" upload --json --name b.bin - \
        <"$dir/big" >"$dir/out" 2>"$dir/err"
    code=$?
    exits 0 "standard input from a file"
    json ".[0].sha256 == \"$sum\" and .[0].size == 3000000" "stdin, a file"
    # shellcheck disable=SC2002 # a pipe is meant
    cat "$dir/big" | "$ingest" --source "$source" upload --json - \
        >"$dir/out" 2>"$dir/err"
    code=$?
    exits 0 "standard input from a pipe"
    json ".[0].sha256 == \"$sum\" and .[0].size == 3000000" "stdin, a pipe"
    run --source "$source" upload -
    exits 7 "empty standard input"
}

# The size of a file is no measure of the memory that it takes.
large_file() {
    local mib=1024 limit=16384 id sum
    if [ "${ARTSTORE_TEST_MEMORY-}" = off ]; then
        mib=64
        limit=100000000
    fi
    # Different in every MiB, and quickly made.
    for ((i = 0; i < mib; i++)); do
        printf '%-1048576d' "$i"
    done >"$dir/large"
    sum=$(sha256sum "$dir/large" | cut -c1-64)
    "$within" "$limit" "$ingest" --source "$source" upload --json \
        "$dir/large" >"$dir/out" 2>"$dir/err" </dev/null
    code=$?
    exits 0 "$mib MiB within $limit KiB"
    json ".[0].size == $((mib * 1048576)) and .[0].sha256 == \"$sum\"" \
        "a large file"
    id=$(jq -r 'select(.type == "result").file_id' "$dir/out")
    if cmp -s "$dir/large" "$dir/fleet/se-01/$id"; then
        ok
    else
        bad "stored bytes of a large file"
    fi
    "$within" "$limit" "$ingest" --source "$source" upload --json - \
        <"$dir/large" >"$dir/out" 2>"$dir/err"
    code=$?
    exits 0 "$mib MiB of standard input within $limit KiB"
    rm "$dir/large" "$dir/fleet/se-01/$id"
}

upload_many() {
    local files=() i
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        file "many-$i" $((i * 1000))
        files+=("$dir/many-$i")
    done
    run --source "$source" upload --jobs 3 --json "${files[@]}"
    exits 0 "many files"
    json '(map(select(.type == "result" and .outcome == "stored")) |
        length) == 12 and .[12].bytes == 78000' "many files"
}

files_that_fail() {
    file good 1000
    run --source "$source" upload "$dir/missing"
    exits 4 "unreadable alone"
    run --source "$source" upload --json "$dir/missing" "$dir/good"
    exits 3 "unreadable beside a stored one"
    json 'map(select(.outcome == "stored")) | length == 1' "the other goes"
    json 'map(select(.path != null and .error.code == "SE_E_FILE")) |
        length == 1' "the error as JSON"
    : >"$dir/empty"
    run --source "$source" upload "$dir/empty"
    exits 7 "an empty file"
    run --source "$source" upload "$dir/empty" "$dir/missing"
    exits 7 "different failures, none of which a retry mends"
    run --source "$source" upload --metadata '[1]' "$dir/good"
    exits 2 "metadata that is no object"
    run --source "$source" upload --file-id nonsense "$dir/good"
    exits 2 "a file id that is none"
}

strange_names() {
    local name
    mkdir -p "$dir/strange"
    for name in 'a b.txt' $'new\nline' $'\x1b[31mred' 'отчёт.txt' 'quo"te' \
        -- --json $'bad\xff' '%s%n'; do
        head -c 10 /dev/urandom >"$dir/strange/$name"
        run --source "$source" upload --json -- "$dir/strange/$name"
        exits 0 "name $name"
        json 'length == 2' "name $name: JSON"
        (cd "$dir/strange" && "$ingest" --source "$source" upload -- \
            "$name") >"$dir/out" 2>"$dir/err" </dev/null
        code=$?
        exits 0 "name $name, alone"
        if grep -q $'\x1b' "$dir/out"; then bad "an escape for the terminal"; fi
    done
}

# ---- each exit code ----

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

wait_for_count() { # id, jq expression that must become true
    local i
    for ((i = 0; i < 1000; i++)); do
        tell counts "$1"
        jq -e "$2" <<<"$answer_of_sandbox" >/dev/null && return 0
    done
    bad "never: $2 on $1: $answer_of_sandbox"
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

# ---- the other commands ----

topology() {
    run --source "$source" topology show
    exits 0 "show"
    prints se-03 "show"
    run --source "$source" --json topology show
    json '.[0].type == "topology" and (.[0].elements | length) == 3 and
        .[0].source == "file" and .[0].held == false and
        .[0].elements[0] == {"id": "se-01", "url": .[0].elements[0].url,
        "mode": "edit", "priority": 100, "available": true}' "show"
    local a=$dir/a.json b=$dir/b.json
    cp "$dir/fleet/fleet.json" "$a"
    jq '.storage_elements |= (map(select(.element_id != "se-03")) |
        map(if .element_id == "se-02" then .priority = 50 else . end)) +
        [{"element_id": "se-09", "api_url": "http://127.0.0.9:1",
          "mode": "rw"},
         {"element_id": "se-bad", "api_url": "ftp://x", "mode": "rw"}]' \
        "$a" >"$b"
    run topology diff "$a" "$b" --json
    exits 0 "diff of two"
    json '.[0].added == ["se-09"] and .[0].removed == ["se-03"] and
        .[0].updated == [{"id": "se-02", "old": {"priority": 200},
        "new": {"priority": 50}}] and .[0].rejected[0].id == "se-bad" and
        .[0].total_before == 3 and .[0].total_after == 3' "diff of two"
    run --source "$source" topology diff "$b"
    exits 0 "diff against what is in force"
    prints "se-09" "diff against what is in force"
    run topology diff "$a" "$a"
    prints "no change" "diff of equals"
    run topology check "$a"
    exits 0 "check of a good one"
    run topology check "$b"
    exits 2 "check of a bad one"
    prints "se-bad" "check of a bad one"
    echo '{"storage_elements": [' >"$b"
    run topology check --json "$b"
    exits 2 "check of a broken one"
    json '.[0].ok == false' "check of a broken one"
    run topology check /nonexistent
    exits 2 "check of a missing one"
}

explain() {
    run --source "$source" explain --size 10Mi --json
    exits 0 "explain"
    json '.[0].chosen == "se-01" and .[0].policy == "sequential" and
        .[0].size == 10485760 and
        .[0].elements[1] == {"id": "se-02", "verdict": "eligible"} and
        .[0].elements[2] == {"id": "se-03", "verdict": "rejected",
        "reason": "mode"}' "explain"
    tell used se-01 1099511627776
    run --source "$source" explain --size 10M --json
    json '.[0].chosen == "se-02" and .[0].elements[0].reason == "full"' \
        "explain knows what elements say"
    tell used se-02 1099511627776
    run --source "$source" explain --size 10M --json
    exits 6 "explain without room"
    json '.[0].chosen == null' "explain without room"
    run --source "$source" explain --size 10M
    prints "none of them" "explain for people"
    tell used se-01 -1
    tell used se-02 -1
    run --source file:/nonexistent explain --size 1
    exits 8 "explain without a list"
}

dry_run() {
    file f 100000
    tell counts se-01
    local before
    before=$(jq .uploads <<<"$answer_of_sandbox")
    run --source "$source" upload --dry-run --json "$dir/f"
    exits 0 "dry run"
    json '.[0].se_id == "se-01" and .[0].size == 100000' "dry run"
    wait_for_count se-01 ".uploads == $before"
}

capacity() {
    tell kill se-02
    run --source "$source" capacity --json
    exits 0 "capacity"
    json 'length == 3 and .[0].id == "se-01" and .[0].health == "healthy" and
        .[0].origin == "poll" and .[0].total > 0 and .[0].age_ms >= 0 and
        .[1].health == "unhealthy" and .[1].error != null' "capacity"
    run --source "$source" capacity
    prints HEALTH "capacity for people"
    tell revive se-02
}

token() {
    stop_fleet
    echo "token-of-$$" >"$dir/token"
    sandbox_options=(--token-file "$dir/token")
    chmod 600 "$dir/token"
    start_fleet se-01:edit:100
    sandbox_options=()
    file f 1000
    run --source "$source" upload "$dir/f"
    exits 12 "without a token"
    run --source "$source" --token-file "$dir/token" upload -v "$dir/f"
    exits 0 "with a token"
    chmod 644 "$dir/token"
    run --source "$source" --token-file "$dir/token" upload "$dir/f"
    exits 2 "a token that others may read"
    says "chmod 600" "a token that others may read"
    chmod 600 "$dir/token"
    echo "wrong-$$" >"$dir/wrong"
    chmod 600 "$dir/wrong"
    run --source "$source" --token-file "$dir/wrong" upload -v \
        --log-level debug "$dir/f"
    exits 12 "with a wrong token"
    if grep -q "wrong-$$" "$dir/err" "$dir/out"; then bad "a secret"; fi
}

usage_errors
help_is_there
standard_fleet
upload_one
upload_stdin
large_file
upload_many
files_that_fail
strange_names
exit_codes
failover
signals
progress_on_demand
topology
explain
dry_run
capacity
token

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
