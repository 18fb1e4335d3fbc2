#!/usr/bin/env bash
# The gates of the house style. All of them run, also after one has failed;
# exit 1 if any failed.
#
#   cmake/check.sh [--fast] [--build DIR] [GATE...]
#
#   --fast       only what needs neither a build nor a minute
#   --build DIR  a configured build folder, for symbols and clang-tidy; without
#                it the presets dev and clang, configured if need be
#   GATE         run these only; `cmake/check.sh --list` names them
set -u
cd "$(dirname "$0")/.." || exit 2
HERE=cmake/check
BUILD=
fast=no
wanted=()

# shellcheck source=cmake/check/files.sh
. "$HERE/files.sh"
# shellcheck source=cmake/check/text.sh
. "$HERE/text.sh"
# shellcheck source=cmake/check/shape.sh
. "$HERE/shape.sh"
# shellcheck source=cmake/check/tools.sh
. "$HERE/tools.sh"

# name, how long it takes (fast or slow), what it asks for
gates() {
    cat <<'END'
format       fast  C code is what clang-format makes of it
columns      fast  no line of C is longer than 80 columns
sizes        fast  files and functions stay small
banned       fast  no function that the style forbids
quiet        fast  the library prints nothing, ends nothing, catches nothing
layering     fast  folders include only the folders above them
third_party  fast  each third-party header only in its files
tls          fast  certificates are checked, and in one place
headers      fast  public headers: guard, first line, includes, installed
documented   fast  every export says what it does, and all its parameters
open_ends    fast  nothing is left to do
paths        fast  no path of somebody's machine
shell        fast  scripts pass shellcheck
symbols      slow  exported is what the headers declare, and nothing else
cppcheck     slow  cppcheck finds nothing
clang_tidy   slow  clang-tidy finds nothing
END
}

usage() {
    sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p'
    exit "$1"
}

while [ $# -gt 0 ]; do
    case "$1" in
    --fast) fast=yes ;;
    --build)
        [ $# -ge 2 ] || usage 2
        BUILD=$2
        shift
        ;;
    --list)
        gates
        exit 0
        ;;
    -h | --help) usage 0 ;;
    -*) usage 2 ;;
    *)
        gates | grep -q "^$1 " || {
            echo "check: no gate '$1'; --list names them" >&2
            exit 2
        }
        wanted+=("$1")
        ;;
    esac
    shift
done

is_wanted() { # name speed
    if [ ${#wanted[@]} -gt 0 ]; then
        case " ${wanted[*]} " in *" $1 "*) return 0 ;; esac
        return 1
    fi
    [ "$fast" = no ] || [ "$2" = fast ]
}

[ -n "$(c_files include lib)" ] || {
    echo "check: no C files found in $PWD" >&2
    exit 2
}

# A gate prints one line per violation, `path:line: what`, and passes if it
# printed none. Lines that begin with "note:" do not count.
passed=0
failed=()
OUTPUT=$(mktemp) || exit 2
trap 'rm -f "$OUTPUT"' EXIT
while read -r name speed subject; do
    is_wanted "$name" "$speed" || continue
    started=$(date +%s)
    "gate_$name" >"$OUTPUT" 2>&1
    took=$(($(date +%s) - started))
    if ! grep -qv '^note:' "$OUTPUT"; then
        passed=$((passed + 1))
        printf 'ok    %-12s %3ds\n' "$name" "$took"
    else
        failed+=("$name")
        printf 'FAIL  %-12s %3ds  %s\n' "$name" "$took" "$subject"
    fi
    head -n 200 "$OUTPUT" | sed 's/^/      /'
done < <(gates)

echo "check: $passed passed, ${#failed[@]} failed${failed[*]:+: ${failed[*]}}"
[ ${#failed[@]} -eq 0 ]
