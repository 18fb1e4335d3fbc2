#!/usr/bin/env bash
# An Admin Module as source of the list and of tokens.
#
#   account_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

secret=secret-of-$$

account() { # secret
    export SERVICE_ACCOUNT_CLIENT_ID=ingester SERVICE_ACCOUNT_CLIENT_SECRET=$1
}

no_secret() { # what
    if grep -qE -- "$secret|wrong-$$|Bearer" "$dir/out" "$dir/err"; then
        bad "$1: a secret"
    else
        ok
    fi
}

item() { # item as jq sees it, condition on it, what
    json "map(select(.item == \"$1\")) | length == 1 and (.[0] | $2)" "$3"
}

as_it_should_be() {
    account "$secret"
    run topology show --source "$admin" --json
    exits 0 "the list of the Admin Module"
    json '.[0].source == "admin_module" and (.[0].elements | length) == 3' \
        "the list of the Admin Module"
    run upload --source "$admin" "$dir/f" -v --log-level debug
    exits 0 "its token authorises an upload"
    no_secret "an upload"
    run doctor --source "$admin" --json
    exits 0 "doctor"
    item token '.ok and (.message | test("Admin Module"))' "doctor: the token"
    item "source $admin" .ok "doctor: the source"
    no_secret doctor
}

refused() {
    account "wrong-$$"
    run doctor --source "$admin" --json
    exits 8 "doctor: no list with a wrong secret"
    item token '(.ok | not) and (.advice | test("SERVICE_ACCOUNT_CLIENT"))' \
        "doctor: the token"
    no_secret "a wrong secret"
    export SERVICE_ACCOUNT_ADMIN_MODULE_URL=$admin
    run doctor --source "$source" --json
    exits 12 "doctor: a list, but no token"
    item token '.ok | not' "doctor: a list, but no token"
    run upload --source "$source" "$dir/f"
    exits 12 "an upload with a wrong secret"
    one_line "an upload with a wrong secret"
    no_secret "an upload with a wrong secret"
    run upload --source "$admin" "$dir/f"
    exits 8 "no list with a wrong secret"
}

# Nobody answers the request for a token: the upload goes out without, and
# names who did not answer once an element asks for one.
absent() {
    account "$secret"
    export SERVICE_ACCOUNT_ADMIN_MODULE_URL=$admin
    tell kill admin
    run upload --source "$source" "$dir/f"
    exits 12 "no Admin Module"
    says "${admin#http://}" "which Admin Module"
    run doctor --source "$source" --json
    exits 5 "doctor: no Admin Module"
    item token '.ok | not' "doctor: no Admin Module"
    tell revive admin
    run upload --source "$source" "$dir/f"
    exits 0 "the Admin Module is back"
    unset SERVICE_ACCOUNT_ADMIN_MODULE_URL
    run doctor --source "$source" --json
    exits 2 "doctor: an account, but nobody to ask"
    item token '.advice | test("SERVICE_ACCOUNT_ADMIN_MODULE_URL")' \
        "doctor: what to do"
    run upload --source "$source" "$dir/f"
    exits 12 "an account, but nobody to ask"
    says SERVICE_ACCOUNT_ADMIN_MODULE_URL "an account, but nobody to ask"
}

sandbox_options=(--admin "ingester:$secret" --require-token)
standard_fleet
file f 1000
as_it_should_be
refused
absent
finish
