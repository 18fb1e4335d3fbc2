#!/usr/bin/env bash
# docs_test.sh LIBRARY COMMAND SANDBOX: what the README says is true. Its C
# example compiles and delivers a file, its commands are those of the program,
# its links lead somewhere.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
library=$1
command=$2
sandbox=$3
readme=$root/README.md
scratch=$(mktemp -d) || exit 2
pid=
stop() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    [ -z "$pid" ] || wait "$pid" 2>/dev/null
    rm -rf "$scratch"
}
trap stop EXIT
failed=0

fail() {
    echo "docs: $*" >&2
    failed=$((failed + 1))
}

example_compiles() {
    # shellcheck disable=SC2016 # backquotes of Markdown
    sed -n '/^```c$/,/^```$/{/^```/d;p}' "$readme" >"$scratch/example.c"
    grep -q 'se_ingest_upload(' "$scratch/example.c" ||
        fail "the README has no C example"
    [ "$(wc -l <"$scratch/example.c")" -le 30 ] ||
        fail "the C example is longer than 30 lines"
    "${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror \
        -I"$root/include" -o "$scratch/example" "$scratch/example.c" \
        "$library" -Wl,-rpath,"$(dirname "$library")" ||
        fail "the C example does not compile"
}

example_delivers() {
    local waited=0 output
    "$sandbox" --dir "$scratch/fleet" --element se-01:edit:100 \
        >"$scratch/log" 2>&1 </dev/null &
    pid=$!
    until grep -qx ready "$scratch/log"; do
        if [ $((waited += 1)) -gt 300 ] || ! kill -0 $pid 2>/dev/null; then
            fail "no storage element: $(cat "$scratch/log")"
            return
        fi
        sleep 0.1
    done
    cp "$scratch/fleet/fleet.json" "$scratch"
    cp "$readme" "$scratch/file.pdf"
    if output=$(cd "$scratch" && ./example) &&
        [[ $output =~ ^([0-9a-f-]{36})\ on\ se-01$ ]]; then
        cmp "$readme" "$scratch/fleet/se-01/${BASH_REMATCH[1]}" ||
            fail "what the C example stored is not what it was given"
    else
        fail "the C example does not deliver: $output"
    fi
}

# The names in the table, and those that the program lists.
commands_exist() {
    local documented listed
    documented=$(sed -n '/^## Commands/,/^## /p' "$readme" |
        grep -E '^\| `' | cut -d'|' -f2 | grep -oE '`[a-z]+' | tr -d '`' |
        sort -u)
    listed=$("$command" help | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' |
        sort -u)
    [ -n "$listed" ] || fail "$command help lists no commands"
    diff <(echo "$documented") <(echo "$listed") ||
        fail "the README's commands (<) are not the program's (>)"
}

links_lead_somewhere() {
    local link
    while read -r link; do
        [ -e "$root/$link" ] || fail "the README links to $link"
    done < <(grep -oE '\]\([^):#]+\)' "$readme" | tr -d ']()')
    while read -r link; do
        [ -x "$root/$link" ] || fail "the README tells to run $link"
    done < <(grep -oE '(\./)?[a-z]+/[a-z]+\.sh' "$readme")
}

example_compiles
example_delivers
commands_exist
links_lead_somewhere
echo "docs: $failed failed"
[ $failed -eq 0 ]
