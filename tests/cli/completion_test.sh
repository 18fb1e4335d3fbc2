#!/usr/bin/env bash
# Completion: a shell takes it, and it offers what the program knows.
#
#   completion_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

# What bash offers for the last of the words.
offers() { # word...
    COMP_WORDS=(artstore-ingest "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _artstore_ingest
    printf '%s\n' "${COMPREPLY[@]}" >"$dir/out"
}

offered() { # what, expected...
    local what=$1
    shift
    if [ "$(sort "$dir/out")" = "$(printf '%s\n' "$@" | sort)" ]; then
        ok
    else
        bad "$what: not $*"
    fi
}

in_bash() {
    local command
    run completion bash
    exits 0 "completion bash"
    # shellcheck disable=SC1091 # it was just written
    . "$dir/out"
    : >"$dir/err"
    if complete -p artstore-ingest >"$dir/complete"; then
        ok
    else
        bad "bash knows of it"
    fi
    offers up
    offered "a command" upload
    offers ""
    while read -r command; do
        prints "$command" "every command"
    done < <("$ingest" help |
        sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
    offers topology ""
    prints publish "verbs"
    offers topology sh
    offered "a verb" show
    offers config ""
    offered "verbs of config" show check
    offers --json upload --ttl
    offered "an option of a command" --ttl-days
    offers --ttl
    offered "no option of all commands" ""
    offers explain --ttl
    offered "no option of this command" ""
    offers upload --log-level w
    offered "a word of an option" warning
    offers upload --retention ""
    offered "words of an option" temporary permanent
    offers upload --token-file ""
    offered "a file: left to the shell" ""
    offers upload ""
    offered "files: left to the shell" ""
    offers help exit
    offered "a topic" exit-codes
    offers completion f
    offered "a shell" fish
}

in_others() {
    local shell
    for shell in zsh fish; do
        run completion "$shell"
        exits 0 "completion $shell"
        prints topology "completion $shell"
        prints ttl-days "completion $shell"
        if ! command -v "$shell" >/dev/null; then
            continue # not on this machine
        fi
        if "$shell" -n "$dir/out" 2>"$dir/err"; then
            ok
        else
            bad "$shell takes it"
        fi
    done
    run completion tcsh
    exits 2 "another shell"
    run completion
    exits 2 "no shell"
}

in_bash
in_others
finish
