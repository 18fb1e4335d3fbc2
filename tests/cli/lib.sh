# shellcheck shell=bash disable=SC2034 # much of it is for those who source it
# What the tests of the command share: a sandbox fleet, a Redis, checks.
#
#   SCRIPT PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
#
# ARTSTORE_TEST_MEMORY=off: memory is not looked at (sanitizers need more).
set -u
ingest=$1
sandbox=$2
within=$3
dir=$(mktemp -d "${TMPDIR:-/tmp}/artstore-cli-XXXXXX")
mkfifo "$dir/never" # nothing ever comes: reading it passes time
passed=0
failed=0
export NO_COLOR=1 TERM=dumb
# Nothing of this machine is a setting.
unset "${!ARTSTORE_INGEST_@}" "${!REDIS_@}" "${!CAPACITY_MONITOR_@}" \
    "${!SERVICE_@}" "${!STORAGE_ELEMENT_@}" "${!LOG_@}" "${!APP_@}" \
    "${!AUTH_@}" "${!CORS_@}" "${!COMPRESSION_@}" ENVIRONMENT
export XDG_STATE_HOME=$dir/state

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
        case $line in
        "admin "*) admin=${line#admin } ;;
        esac
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
trap 'stop_redis; stop_fleet 2>/dev/null; rm -rf "$dir"' EXIT

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

wait_for_count() { # id, jq expression that must become true
    local i
    for ((i = 0; i < 1000; i++)); do
        tell counts "$1"
        jq -e "$2" <<<"$answer_of_sandbox" >/dev/null && return 0
    done
    bad "never: $2 on $1: $answer_of_sandbox"
}

# ---- Redis ----

redis_pid=

free_port() { # a port that nobody has at this moment
    local port
    while port=$((20000 + RANDOM % 40000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# One program under several names, told apart by argv[0].
redis_program() {
    command -v redis-server || command -v redis-check-rdb
}

redis_ask() { # command...
    redis-cli -p "$redis_port" "$@" 2>/dev/null
}

redis_options=()

start_redis() {
    local attempt i
    for attempt in 1 2 3 4 5; do
        redis_port=$(free_port)
        (cd "$dir" && exec -a redis-server "$(redis_program)" \
            --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no \
            --daemonize no --logfile "$dir/redis.log" "${redis_options[@]}") </dev/null &
        redis_pid=$!
        for ((i = 0; i < 1000; i++)); do
            kill -0 "$redis_pid" 2>/dev/null || continue 2
            # Protected by a password: an answer all the same.
            if redis_ask ping | grep -qE 'PONG|NOAUTH'; then
                redis=redis://127.0.0.1:$redis_port
                return
            fi
        done
        stop_redis
    done
    echo "Redis does not start after $attempt attempts: $(cat "$dir/redis.log")" >&2
    exit 1
}

stop_redis() {
    [ -n "$redis_pid" ] || return 0
    kill -KILL "$redis_pid" 2>/dev/null
    wait "$redis_pid" 2>/dev/null
    redis_pid=
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

# What an earlier run remembers is no part of a test, unless it says so.
forget() {
    rm -rf "$dir/state"
}

run() { # arguments of the command; sets $code
    forget
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

pause() {
    read -r -t 0.01 <>"$dir/never" || true
}

# In the background, as $pid; its results go to $dir/out, its messages to
# $dir/err.
start() { # arguments of the command
    forget
    : >"$dir/out"
    : >"$dir/err"
    "$ingest" "$@" >>"$dir/out" 2>>"$dir/err" </dev/null &
    pid=$!
}

# Until text stands in one of the two.
await() { # out|err, text, what
    local i
    for ((i = 0; i < 2000; i++)); do
        grep -qF -- "$2" "$dir/$1" && {
            ok
            return 0
        }
        kill -0 "$pid" 2>/dev/null || break
        pause
    done
    bad "$3: never \"$2\""
    return 1
}

ends() { # signal, exit code, what
    kill -s "$1" "$pid"
    wait "$pid"
    code=$?
    exits "$2" "$3"
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
