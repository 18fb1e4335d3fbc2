#!/usr/bin/env bash
# Run a program once for each of its allocations, and let that one fail.
#
#   tests/torture/run.sh [--arm] [--lenient] [--preload LIB] [--points N]
#                        PROGRAM [ARGUMENT...]
#
#   --arm          count from the start; else the program arms (failnth.h)
#   --lenient      the program may end with any exit code, but not crash; else
#                  it has to end with 0 whatever fails
#   --preload LIB  the failnth library, for programs not linked with it
#   --points N     the most allocations to let fail, 5000 if not given
#
# First each alone, then each with all after it. Exit 1 if any run crashed,
# hung (FAIL_SECONDS, 60) or, unless lenient, failed; 2 if nothing was counted.
set -u

arm=0
lenient=no
preload=
points=5000
usage() {
    sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case "$1" in
    --arm) arm=1 ;;
    --lenient) lenient=yes ;;
    --preload)
        [ $# -ge 2 ] || usage
        preload=$2
        shift
        ;;
    --points)
        [ $# -ge 2 ] || usage
        points=$2
        shift
        ;;
    --) shift && break ;;
    -*) usage ;;
    *) break ;;
    esac
    shift
done
[ $# -gt 0 ] || usage

scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
# Codes of their own for what sanitizers find; with failnth in front of them.
sanitizers=exitcode=99:verify_asan_link_order=0
# So that the sanitizer's own allocator may say no as well.
sanitizers+=:allocator_may_return_null=1

# run_once NTH STICKY PROGRAM...: sets $status and $counted (empty: unknown).
run_once() {
    local nth=$1 sticky=$2
    shift 2
    rm -f "$scratch/report"
    status=0
    # The shell would tell of each that a signal ended.
    { FAIL_NTH=$nth FAIL_STICKY=$sticky FAIL_ARM=$arm \
        FAIL_REPORT=$scratch/report \
        ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}$sanitizers \
        UBSAN_OPTIONS=${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}exitcode=99 \
        timeout -k 5 "${FAIL_SECONDS:-60}" \
        env ${preload:+LD_PRELOAD="$preload"} "$@" \
        >"$scratch/output" 2>&1 </dev/null || status=$?; } \
        2>/dev/null
    counted=
    [ ! -f "$scratch/report" ] || read -r counted <"$scratch/report"
}

# 124 and 137: hung; from 125 on: not started, or ended by a signal.
is_bad() {
    [ "$status" -eq 99 ] || [ "$status" -ge 124 ] ||
        { [ $lenient = no ] && [ "$status" -ne 0 ]; }
}

bad=0
complain() { # what
    bad=$((bad + 1))
    echo "torture: $1: exit code $status" >&2
    tail -n 30 "$scratch/output" | sed 's/^/    /' >&2
}

run_once 0 0 "$@"
if is_bad; then
    complain "without any failure"
    exit 1
fi
if [ "${counted:-0}" -eq 0 ]; then
    echo "torture: $1: no allocation was counted" >&2
    exit 2
fi
total=$counted

ran=0
for sticky in 0 1; do
    nth=1
    while [ "$nth" -le "$points" ] && [ $bad -lt 5 ]; do
        run_once "$nth" $sticky "$@"
        ran=$((ran + 1))
        if is_bad; then
            complain "allocation $nth$([ $sticky = 0 ] || echo " and all after")"
        fi
        # Without a report the run ended early; then the plain run's count.
        [ "${counted:-$total}" -ge "$nth" ] || break
        nth=$((nth + 1))
    done
done
echo "torture: $1: $total allocations, $ran runs, $bad bad"
[ $bad -eq 0 ]
