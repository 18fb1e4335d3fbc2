#!/usr/bin/env bash
# Delivers files to a small fleet on this machine, from a fresh clone on.
#
#   examples/quickstart.sh [--keep] [FILE...]
#
#   FILE    what to upload; the README by default
#   --keep  leave the fleet running, and say how to go on
#
# Installs what is missing of Debian's packages, builds, starts three storage
# elements on loopback, uploads each FILE, compares what was stored with it,
# and stops what it started.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/quickstart
# shellcheck source=cmake/packages.sh
. "$root/cmake/packages.sh"

keep=no
files=()
while [ $# -gt 0 ]; do
    case "$1" in
    --keep) keep=yes ;;
    --)
        shift
        files+=("$@")
        break
        ;;
    -*)
        sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p'
        [ "$1" = --help ] && exit 0
        exit 2
        ;;
    *) files+=("$1") ;;
    esac
    shift
done
[ ${#files[@]} -gt 0 ] || files=("$root/README.md")

say() {
    printf '\n== %s\n' "$*"
}

fail() {
    echo "quickstart: $*" >&2
    exit 1
}

build_programs() {
    say "building into ${build#"$root/"}"
    {
        cmake -S "$root" -B "$build" -G Ninja \
            -DCMAKE_BUILD_TYPE=RelWithDebInfo -DARTSTORE_WERROR=OFF \
            -DARTSTORE_BUILD_TESTS=OFF -DARTSTORE_BUILD_BENCH=OFF &&
            cmake --build "$build"
    } >"$work/build.log" 2>&1 || {
        tail -n 40 "$work/build.log" >&2
        fail "the build failed"
    }
}

# The fleet lives in $fleet; what it says goes to a file there.
start_fleet() {
    local command=("$sandbox" --dir "$fleet" --element se-01:edit:100
        --element se-02:edit:200 --element se-03:rw:100)
    local waited=0
    say "three storage elements, kept in $fleet"
    mkdir "$fleet"
    # Of a session of its own, so that it outlives this terminal.
    [ $keep = no ] || command=(setsid "${command[@]}")
    "${command[@]}" >"$work/sandbox.log" 2>&1 </dev/null &
    pid=$!
    until grep -qx ready "$work/sandbox.log"; do
        kill -0 "$pid" 2>/dev/null || {
            cat "$work/sandbox.log" >&2
            fail "the storage elements did not start"
        }
        [ $((waited += 1)) -le 300 ] ||
            fail "the storage elements are not ready after 30 s"
        sleep 0.1
    done
    cat "$work/sandbox.log"
}

field() { # name json-line
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"${2%%\"attempts\"*}"
}

sum_of() {
    sha256sum <"$1" | cut -d' ' -f1
}

deliver() { # file
    local result stored
    say "upload $1"
    result=$("$ingest" --source "file:$fleet/fleet.json" --json \
        upload -- "$1" | tee "$work/upload.log" | grep '"type":"result"') || {
        cat "$work/upload.log" >&2
        fail "$1 was not stored"
    }
    cat "$work/upload.log"
    stored=$fleet/$(field se_id "$result")/$(field file_id "$result")
    printf '%s  %s\n' "$(sum_of "$1")" "$1" "$(sum_of "$stored")" "$stored"
    [ "$(sum_of "$1")" = "$(sum_of "$stored")" ] ||
        fail "what was stored differs from $1"
    echo "equal"
}

how_to_go_on() {
    say "the fleet is still running (process $pid); go on with"
    cat <<END
export ARTSTORE_INGEST_SOURCE=file:$fleet/fleet.json
$ingest topology show
$ingest capacity
$ingest explain --size 1M
$ingest upload FILE...

and in the end
kill $pid; rm -r $work
END
}

work=$(mktemp -d "${TMPDIR:-/tmp}/artstore-quickstart.XXXXXX")
fleet=$work/fleet
ingest=$build/cli/artstore-ingest
sandbox=$build/examples/sandbox/artstore-sandbox
pid=
stop() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT

install_build_packages
build_programs
start_fleet
for file in "${files[@]}"; do
    deliver "$file"
done
if [ $keep = yes ]; then
    how_to_go_on
    trap - EXIT
else
    say "stopping the fleet"
fi
