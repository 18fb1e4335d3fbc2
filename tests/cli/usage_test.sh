#!/usr/bin/env bash
# What the command says to those who use it wrongly, or ask.
#
#   usage_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

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
        "--source file:x topology publish"
        "--source file:x topology publish y"
        "topology publish y --redis redis://u:secret@h"
        "--source file:x topology show --event y"
        "doctor"
        "--source file:x doctor y"
        "--source file:x upload --policy best x"
        "--source file:x capacity --why"
        "config"
        "config dance"
        "config show x"
        "config show --jobs 3"
        "--source file:x capacity --origin"
        "--source file:x upload --log-format xml x"
        "--source file:x upload --config /nonexistent x"
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
    for topic in "" upload topology explain capacity doctor config version exit-codes env \
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

usage_errors
help_is_there
finish
