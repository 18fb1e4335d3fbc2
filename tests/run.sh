#!/usr/bin/env bash
# Builds and tests everything that CI does, from a bare Debian 12 on.
#
#   tests/run.sh [--fast] [--campaign]
#
#   --fast      one build, its tests, the quick gates
#   --campaign  also what takes hours: each fuzzer for ten minutes, and the
#               tests that are labelled long
#
# Every stage runs, also after one has failed. What a stage printed is shown if
# it failed, and is kept in build/logs. The last line counts tests and gates.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
# shellcheck source=cmake/packages.sh
. cmake/packages.sh

mode=full
case "${1-}" in
"") ;;
--fast) mode=fast ;;
--campaign) mode=campaign ;;
*)
    sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p'
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

jobs=$(nproc)
# Nothing of a full run begins or goes on after so many seconds: what hangs is
# shown by its name while there is still time to.
most_seconds=2100
logs=build/logs
fuzz_seconds=600
passed=0
failed=0
timings=()

# stage NAME FUNCTION [ARGUMENT...]: runs it and counts what ctest and check.sh
# said; a stage without either counts as one, and so does any other failure.
stage() {
    local name=$1 log=$logs/$1.log started=$SECONDS status=0 counts good bad
    shift
    echo "== $name"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    counts=$(sed -nE \
        -e 's/.*tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' \
        -e 's/^check: ([0-9]+) passed, ([0-9]+) failed.*/\2 \1+\2/p' "$log" |
        awk '{ split($2, n, "+"); bad += $1; good += n[1] + n[2] - $1 }
            END { print good + 0, bad + 0 }')
    good=${counts% *}
    bad=${counts#* }
    if [ $status -ne 0 ]; then
        [ "$bad" -gt 0 ] || bad=1
        tail -n 400 "$log" | sed 's/^/   /'
    elif [ "$counts" = "0 0" ]; then
        good=1
    else
        name_repeated "$log"
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    timings+=("$(printf '%5ds  %-10s %5d passed %3d failed' \
        $((SECONDS - started)) "$name" "$good" "$bad")")
    echo "${timings[-1]}"
    return $status
}

build_preset() { # preset
    cmake --preset "$1" && cmake --build --preset "$1"
}

run_tests() { # build-folder ctest-argument...
    local folder=$1 stop=()
    shift
    if [ $mode != campaign ]; then
        if [ $((SECONDS - started)) -ge $most_seconds ]; then
            echo "no time is left after $most_seconds s"
            return 1
        fi
        stop=(--stop-time "$(date -d "@$((began + most_seconds))" +%T)")
    fi
    ctest --test-dir "$folder" -j "$jobs" --output-on-failure "${stop[@]}" \
        --repeat until-pass:2 --no-tests=error "$@"
}

# On a machine that others use as well a test may be left waiting for too long,
# and a program under the thread sanitizer now and then never starts at all: a
# test runs twice before it has failed. Who needed that is named, because it is
# to be made better.
name_repeated() { # log
    sed -nE 's/.*Test +#[0-9]+: ([^ ]+) .*\*\*\*(Failed|Timeout|Exception).*/\1/p' "$1" |
        sort -u | sed 's/^/       passed at its second run: /'
}

# What only looks at sources runs once, in the stage dev; consumer in release.
once='^(checks|headers|docs|monitoring|consumer)$'

test_dev() {
    build_preset dev && run_tests build/dev -LE '^(consumer|long)$'
}

test_sanitized() { # preset
    build_preset "$1" && run_tests "build/$1" -LE "$once|^long$"
}

# The programs of the stage dev again, unit tests only.
test_valgrind() {
    local status=0
    cmake build/dev -DARTSTORE_TEST_WRAPPER="valgrind;-q;--leak-check=full;\
--errors-for-leak-kinds=definite,indirect;--error-exitcode=99" &&
        CK_FORK=no run_tests build/dev -L '^unit$' || status=$?
    cmake build/dev -UARTSTORE_TEST_WRAPPER
    return $status
}

test_fuzz() {
    build_preset fuzz && run_tests build/fuzz -L '^fuzz$'
}

# Each fuzzer on its own, from its corpus, into a folder of findings.
campaign_fuzz() {
    local fuzzer name status=0
    for fuzzer in build/fuzz/tests/fuzz/fuzz_*; do
        [[ -f $fuzzer && -x $fuzzer ]] || continue
        name=${fuzzer##*/}
        mkdir -p "build/campaign/$name"
        "$fuzzer" -max_total_time=$fuzz_seconds -jobs="$jobs" \
            -workers="$jobs" -artifact_prefix="build/campaign/$name/" \
            "build/campaign/$name" "tests/fuzz/corpus/${name#fuzz_}" ||
            status=1
    done
    return $status
}

campaign_long() {
    run_tests build/asan -L '^long$' --no-tests=ignore
}

test_release() {
    build_preset release && run_tests build/release -L '^(consumer|cli|hardening)$'
}

# As the README says; then once more, with a fleet that stays.
test_quickstart() {
    local pid output=$logs/quickstart-keep.log
    examples/quickstart.sh || return 1
    cp README.md "build/a file.md"
    examples/quickstart.sh --keep "build/a file.md" README.md |
        tee "$output" || return 1
    [ "$(grep -c '^equal$' "$output")" -eq 2 ] || return 1
    pid=$(sed -n 's/^kill \([0-9]*\); rm -r .*/\1/p' "$output")
    sed -n 's/^kill [0-9]*; rm -r //p' "$output" | xargs ls -d || return 1
    kill "$pid" || return 1
    sed -n 's/^kill [0-9]*; rm -r //p' "$output" | xargs rm -r
}

started=$SECONDS
began=$(date +%s)
install_build_packages && install_test_packages || exit 1
# ccache is used where it is, and not needed.
if command -v ccache >/dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER-ccache}
    export CCACHE_BASEDIR=${CCACHE_BASEDIR-$PWD}
fi
mkdir -p $logs

stage dev test_dev
if [ $mode = fast ]; then
    stage check cmake/check.sh --fast
else
    stage check cmake/check.sh
    # A second compiler, all of its warnings, every target.
    stage clang build_preset clang
    stage asan test_sanitized asan
    stage tsan test_sanitized tsan
    stage valgrind test_valgrind
    stage fuzz test_fuzz
    stage release test_release
    stage quickstart test_quickstart
fi
if [ $mode = campaign ]; then
    stage campaign-fuzz campaign_fuzz
    stage campaign-long campaign_long
fi

echo
printf '%s\n' "${timings[@]}"
echo "$((SECONDS - started))s in all; what each stage printed is in $logs"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
