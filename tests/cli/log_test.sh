#!/usr/bin/env bash
# The log: every line is what its format promises, whatever ids and files are
# called, and no secret is in it.
#
#   log_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

secret=SECRET_$RANDOM$RANDOM

hidden() { # what
    if grep -qF "$secret" "$dir/out" "$dir/err"; then
        bad "$1: a secret is shown"
    else
        ok
    fi
}

# Lines of the log on standard error; the others begin with the program's name.
logged() { # least, jq expression for each line, what
    local lines good
    lines=$(grep -cv '^artstore-ingest: ' "$dir/err")
    good=$(grep -v '^artstore-ingest: ' "$dir/err" |
        jq -R "fromjson | select($2) | 1" 2>/dev/null | wc -l)
    if [ "$lines" -ge "$1" ] && [ "$good" -eq "$lines" ]; then
        ok
    else
        bad "$3: $good of $lines lines are right"
    fi
    hidden "$3"
}

as_json='(keys_unsorted == ["timestamp", "level", "message", "extra"]) and
    (.timestamp | test("^[0-9]{4}-[0-9-]{5}T[0-9:]{8}\\.[0-9]{6}Z$")) and
    (.extra.component | type == "string")'
as_flat='(keys_unsorted[:4] == ["timestamp", "level", "name", "message"]) and
    (keys_unsorted[-6:] == ["logger", "module", "function", "line",
        "app_name", "app_version"]) and .name == .logger and
    .app_name == "artstore-ingester"'

log() { # format, arguments of the command
    run "${@:2}" --log-level debug --log-format "$1"
}

hostile_list() {
    cat >"$dir/hostile.json" <<END
{"version": 1, "timestamp": "2026-01-01T00:00:00Z", "storage_elements": [
{"element_id": "se-01", "api_url": "http://127.0.0.1:1", "mode": "edit"},
{"element_id": "x\\u001b[2J\\n\\u2028\\"}{", "api_url": "http://127.0.0.1:2",
 "mode": "edit"},
{"element_id": "\\u009b[J\\u0001\\ud83d\\ude00", "api_url": "http://127.0.0.1:3",
 "mode": "rw"},
{"element_id": "se-03", "api_url": "http://u:$secret@127.0.0.1:3",
 "mode": "rw"},
{"element_id": "se-04", "api_url": "http://127.0.0.1:3/?token=$secret",
 "mode": "edit"}]}
END
    log json topology show --source "file:$dir/hostile.json"
    logged 3 "$as_json" "a hostile list as JSON"
    log flat topology show --source "file:$dir/hostile.json"
    logged 3 "$as_flat" "a hostile list in the flat form"
    log text topology show --source "file:$dir/hostile.json"
    says "DEBUG source: Fetched SE endpoints source=file count=1" \
        "a hostile list for people"
    hidden "a hostile list for people"
    run topology show --source "file:$dir/nowhere"$'\xc2\x9b[2J\e[H.json'
    if grep -q $'\xc2\x9b\\|\e' "$dir/err"; then
        bad "a message moves the cursor"
    else
        ok
    fi
}

uploads() {
    local hostile=$'a\n\e[2J\x7f"}{\xff.bin'
    standard_fleet
    file f 20000
    cp "$dir/f" "$dir/$hostile"
    (umask 077 && echo "$secret" >"$dir/token")
    tell fault se-01 upload before-body status status=507
    log json upload --source "$source" --token-file "$dir/token" \
        "$dir/$hostile" "$dir/f"
    exits 0 "uploads"
    logged 8 "$as_json" "uploads as JSON"
    says '"message":"Storage Element returned 507 Insufficient Storage"' "507"
    says '"message":"Retrying upload with different Storage Element"' "507"
    log flat upload --source "$source" --token-file "$dir/token" "$dir/f"
    logged 3 "$as_flat" "uploads in the flat form"
}

# Nobody listens there; the address comes with a password.
passwords() {
    export ARTSTORE_INGEST_SOURCE=redis://user:$secret@127.0.0.1:1/0
    log json topology show
    exits 8 "no Redis"
    logged 1 "$as_json" "a password in a URL"
    ARTSTORE_INGEST_SOURCE=http://user:$secret@127.0.0.1:1
    log text topology show
    hidden "a password in a URL that is refused"
    unset ARTSTORE_INGEST_SOURCE
}

hostile_list
uploads
passwords
finish
