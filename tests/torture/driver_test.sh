#!/usr/bin/env bash
# run.sh finds what it is there to find.
#
#   driver_test.sh SAMPLE [--preload LIB]
set -u
here=$(cd "$(dirname "$0")" && pwd)
sample=$1
shift
output=$(mktemp) || exit 2
trap 'rm -f "$output"' EXIT
failed=0

# expect CODE PATTERN OPTION... HOW: what run.sh ends with and says.
expect() {
    local code=$1 pattern=$2 found=0
    shift 2
    local how=${*: -1}
    FAIL_SECONDS=2 "$here/run.sh" "${preload[@]}" "${@:1:$#-1}" "$sample" \
        "$how" >"$output" 2>&1 || found=$?
    if [ $found -ne "$code" ] || ! grep -qE "$pattern" "$output"; then
        echo "$*: exit code $found, not $code, or no /$pattern/ in:"
        sed 's/^/    /' "$output"
        failed=1
    fi
}

preload=("$@")
# Four allocations: four runs and one that ends the loop, in both modes.
expect 0 ': 4 allocations, 10 runs, 0 bad$' good
expect 1 'allocation 1: exit code 134$' crash
expect 1 'allocation 2 and all after: exit code 134$' --points 2 crash
expect 1 'allocation 4: exit code 3$' refuse
expect 0 ' 10 runs, 0 bad$' --lenient refuse
expect 1 'allocation 1: exit code 134$' --lenient crash
expect 1 'allocation 1: exit code 124$' --points 1 hang
expect 0 ', 8 runs, 0 bad$' --points 4 vanish
expect 2 'no allocation was counted' idle
expect 0 ', 4 runs, 0 bad$' --arm --lenient --points 2 refuse
if [ ${#preload[@]} -gt 0 ]; then
    expect 1 'detected memory leaks' leak
fi
exit $failed
