#!/usr/bin/env bash
# Measures the command against its peers, side by side, and prints the ratios.
#
#   bench/run.sh [--quick] [P1 P2 ...]
#
# Builds a release in build/bench. Everything runs on loopback against the
# sandbox, which throws bodies away (--discard). --quick: fewer rounds, smaller
# files; the ratios are then worth less.
set -eu
cd "$(dirname "$0")/.."
top=$PWD
build=$top/build/bench
rounds=7
big_mib=1024
small_files=4000

wanted=()
for argument in "$@"; do
    case $argument in
    --quick)
        rounds=3
        big_mib=256
        small_files=1000
        ;;
    P*) wanted+=("$argument") ;;
    *)
        sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p'
        exit 2
        ;;
    esac
done

is_wanted() {
    [ ${#wanted[@]} -eq 0 ] && return 0
    local name
    for name in "${wanted[@]}"; do
        [ "$name" = "$1" ] && return 0
    done
    return 1
}

cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DARTSTORE_BUILD_TESTS=OFF >"$top/build/bench.log" 2>&1
cmake --build "$build" >>"$top/build/bench.log" 2>&1
ingest=$build/cli/artstore-ingest
select=$build/bench/select
pair=$build/bench/pair

dir=$(mktemp -d "${TMPDIR:-/tmp}/artstore-bench-XXXXXX")
sandbox_pid=
stop_sandbox() {
    if [ -n "$sandbox_pid" ]; then
        kill "$sandbox_pid" 2>/dev/null || true
        wait "$sandbox_pid" 2>/dev/null || true
        sandbox_pid=
    fi
}
trap 'stop_sandbox; rm -rf "$dir"' EXIT

# start_sandbox CHECKSUM: sets $url; every file that is sent must have it.
start_sandbox() {
    stop_sandbox
    "$build/examples/sandbox/artstore-sandbox" --dir "$dir/fleet" --quiet \
        --element se-01:edit:100:1000Ti --discard --fixed-checksum "$1" \
        --document "$dir/fleet.json" >"$dir/sandbox.out" 2>"$dir/sandbox.err" &
    sandbox_pid=$!
    for _ in $(seq 1 1000); do
        grep -q '^ready' "$dir/sandbox.out" && break
        kill -0 "$sandbox_pid" 2>/dev/null || {
            cat "$dir/sandbox.err" >&2
            exit 1
        }
        sleep 0.01
    done
    url=$(sed -n 's/.*"api_url": *"\([^"]*\)".*/\1/p' "$dir/fleet.json" |
        head -n 1)
}

checksum_of() {
    sha256sum "$1" | cut -c1-64
}

# small_files SIZE COUNT: the same content in many files, and curl's list.
make_small_files() {
    local size=$1 count=$2 i
    rm -rf "$dir/small"
    mkdir "$dir/small"
    head -c "$size" /dev/urandom >"$dir/small/0000000"
    for ((i = 1; i < count; i++)); do
        cp "$dir/small/0000000" "$dir/small/$(printf '%07d' "$i")"
    done
    start_sandbox "$(checksum_of "$dir/small/0000000")"
    for file in "$dir"/small/*; do
        [ "$file" = "$dir/small/0000000" ] || echo next
        printf 'url = "%s/api/v1/files/upload"\nform = "file=@%s"\nsilent\n' \
            "$url" "$file"
    done >"$dir/curl.list"
}

measure_small() {
    local name=$1 size=$2 count=$3
    echo "$name: $count files of $size bytes, upload --jobs 64, against" \
        "curl --parallel --parallel-max 64"
    make_small_files "$size" "$count"
    # shellcheck disable=SC2016 # expanded by the inner shell
    "$pair" -n "$rounds" -w "$count" -u uploads -- \
        sh -c 'exec "$0" upload --quiet --jobs 64 --source "$1" "$2"/*' \
        "$ingest" "file:$dir/fleet.json" "$dir/small" -- \
        curl --no-progress-meter --parallel --parallel-max 64 \
        -K "$dir/curl.list"
}

if is_wanted P1; then
    echo "P1: $big_mib MiB upload, hashed and verified, against reading and" \
        "hashing the same file"
    head -c "$((big_mib * 1024 * 1024))" /dev/urandom >"$dir/big"
    start_sandbox "$(checksum_of "$dir/big")"
    "$pair" -n "$rounds" -w "$big_mib" -u MiB -- \
        "$ingest" upload --quiet --source "file:$dir/fleet.json" "$dir/big" -- \
        "$build/bench/hash" "$dir/big"
    echo "    and against curl -F of it (which does not hash)"
    "$pair" -n "$rounds" -w "$big_mib" -u MiB -- \
        "$ingest" upload --quiet --source "file:$dir/fleet.json" "$dir/big" -- \
        curl -s -F "file=@$dir/big" "$url/api/v1/files/upload"
    rm "$dir/big"
fi
if is_wanted P2; then
    measure_small P2 4096 "$small_files"
fi
if is_wanted P3; then
    measure_small P3 65536 "$((small_files / 2))"
fi
if is_wanted P9; then
    echo "P9: a pick at 100 elements, 2 threads, a reload every ms, against" \
        "the same scan of plain variables (ratio: ours over theirs)"
    "$select" -n "$rounds"
fi
if is_wanted P13; then
    echo "P13: start and upload of one 4 KiB file, whole process, against" \
        "curl -F (ratio: theirs over ours)"
    make_small_files 4096 1
    "$pair" -n "$((rounds * 15))" -- \
        "$ingest" upload --quiet --source "file:$dir/fleet.json" \
        "$dir/small/0000000" -- \
        curl -s -F "file=@$dir/small/0000000" "$url/api/v1/files/upload"
fi

if is_wanted P7; then
    "$build/bench/live" publish "$((rounds * 40))"
fi
if is_wanted P8; then
    "$build/bench/live" reload "$((rounds * 10))"
fi
if is_wanted P10; then
    "$build/bench/live" lazy "$((rounds * 60))"
fi
if is_wanted P11 || is_wanted P12; then
    "$build/bench/live" idle "$((rounds * 6))"
fi
