#!/usr/bin/env bash
# Secrets of every kind at once, right and wrong: no command shows one, in its
# results, its messages or its log at the level debug.
#
#   secrets_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

# Every one holds this; so does none of the names and paths.
mark=pl4nted$RANDOM
secret=account-$mark
password=redis-$mark
token=token.$mark.x

# Tokens that the sandbox gives out begin with its name.
hidden() { # what
    if grep -qE -- "$mark|sandbox\.[0-9A-Za-z]" "$dir/out" "$dir/err"; then
        bad "$1: a secret is shown"
    else
        ok
    fi
}

# Each command, told to say everything. Codes in their order.
commands() { # what, code of: show, upload, doctor, explain, capacity
    local what=$1 format
    shift
    for format in text json flat; do
        run topology show --log-level debug --log-format "$format" --json
        hidden "$what: show, $format"
    done
    exits "$1" "$what: show"
    run upload "$dir/f" -v --log-level debug
    hidden "$what: upload"
    exits "$2" "$what: upload"
    run upload "$dir/f" --json --why --log-level debug --log-format json
    hidden "$what: upload --json"
    run doctor --log-level debug --json
    hidden "$what: doctor --json"
    run doctor --log-level debug
    hidden "$what: doctor"
    exits "$3" "$what: doctor"
    for format in explain capacity; do
        run "$format" --log-level debug
        hidden "$what: $format"
    done
    run config show --origin --log-level debug
    hidden "$what: config show"
    exits 0 "$what: config show"
    run config show --json --log-level debug
    hidden "$what: config show --json"
    run config check --log-level debug
    hidden "$what: config check"
}

settings() { # password in the URL, REDIS_PASSWORD, secret of the account
    export ARTSTORE_INGEST_SOURCE="redis://${1:+:$1@}${redis#redis://} $admin"
    export REDIS_PASSWORD=$2 SERVICE_ACCOUNT_CLIENT_ID=ingester
    export SERVICE_ACCOUNT_CLIENT_SECRET=$3
    export SERVICE_ACCOUNT_ADMIN_MODULE_URL=$admin
    unset ARTSTORE_INGEST_TOKEN_FILE
}

as_it_should_be() {
    settings "$password" "" "$secret"
    run topology publish "$dir/fleet/fleet.json" --log-level debug
    hidden "publish"
    exits 0 "publish"
    commands "in the URL" 0 0 0
    settings "" "$password" "$secret"
    commands "in REDIS_PASSWORD" 0 0 0
    # The same in a file that only its owner may read.
    (umask 077 && printf '%s="%s"\n' REDIS_PASSWORD "$password" \
        SERVICE_ACCOUNT_CLIENT_SECRET "$secret" >"$dir/settings")
    unset REDIS_PASSWORD SERVICE_ACCOUNT_CLIENT_SECRET
    export ARTSTORE_INGEST_CONFIG=$dir/settings
    commands "in a file" 0 0 0
    unset ARTSTORE_INGEST_CONFIG
}

wrong() {
    settings "wrong-$mark" "" "$secret"
    commands "a wrong password in the URL" 0 0 5
    settings "" "wrong-$mark" "$secret"
    commands "a wrong REDIS_PASSWORD" 0 0 5
    settings "$password" "" "wrong-$mark"
    commands "a wrong secret" 0 12 12
    settings "wrong-$mark" "" "wrong-$mark"
    commands "all is wrong" 8 8 8
}

# An element that refuses the token and shows what it was sent.
refused() {
    (umask 077 && echo "$token" >"$dir/token")
    settings "$password" "" "$secret"
    export ARTSTORE_INGEST_TOKEN_FILE=$dir/token
    commands "a token that is refused" 0 12 5
    tell fault se-01 any before-body status status=401 \
        "body='{\"detail\":\"got Bearer $token, client_secret=$secret\"}'"
    unset ARTSTORE_INGEST_TOKEN_FILE
    commands "an element that shows what it was sent" 0 12 5
    run upload "$dir/f"
    says "got Bearer" "what the element shows"
    hidden "what the element shows"
    tell clear se-01
}

# What watches says something when the connection is lost.
watching() {
    settings "$password" "" "$secret"
    start topology watch --log-level debug --json
    await err "Watching for SE config changes" "a watch"
    redis_ask -a "$password" client kill type pubsub >/dev/null
    await err "was lost" "a watch that is lost"
    ends INT 130 "a watch"
    hidden "a watch"
    settings "wrong-$mark" "" "$secret"
    start topology watch --log-level debug --json
    await err "changes cannot be had" "a watch with a wrong password"
    ends INT 130 "a watch with a wrong password"
    hidden "a watch with a wrong password"
}

sandbox_options=(--admin "ingester:$secret" --require-token)
redis_options=(--requirepass "$password")
standard_fleet
start_redis
file f 1000
as_it_should_be
wrong
refused
watching
finish
