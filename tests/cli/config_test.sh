#!/usr/bin/env bash
# Settings: where they come from, who wins, what is said about bad ones.
#
#   config_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

value_is() { # name value origin what
    json "map(select(.name == \"$1\")) |
        length == 1 and .[0].schema == 1 and .[0].type == \"setting\" and
        .[0].value == \"$2\" and (.[0].origin | startswith(\"$3\"))" "$4"
}

# Flag over our own variable over the original's over the file over the default.
precedence() {
    run config show --json
    exits 0 "show"
    value_is LOG_LEVEL error default "the default"
    echo 'LOG_LEVEL=debug' >"$dir/env"
    run config show --json --config "$dir/env"
    value_is LOG_LEVEL debug "file $dir/env, line 1" "a file"
    ARTSTORE_INGEST_CONFIG=$dir/env run config show --json
    value_is LOG_LEVEL debug "file $dir/env, line 1" "a file by variable"
    LOG_LEVEL=INFO run config show --json --config "$dir/env"
    value_is LOG_LEVEL info "environment LOG_LEVEL" "the original's variable"
    LOG_LEVEL=INFO ARTSTORE_INGEST_LOG_LEVEL=warning \
        run config show --json --config "$dir/env"
    value_is LOG_LEVEL warning "environment ARTSTORE_INGEST_LOG_LEVEL" "ours"
    LOG_LEVEL=INFO ARTSTORE_INGEST_LOG_LEVEL=warning \
        run config show --json --config "$dir/env" --log-level error
    value_is LOG_LEVEL error "option --log-level" "an option"
    echo '{"log_level": "debug", "REDIS_PORT": 7000}' >"$dir/json"
    run config show --json --config "$dir/json"
    value_is LOG_LEVEL debug "file $dir/json" "a JSON file"
    value_is REDIS_PORT 7000 "file $dir/json" "a number in JSON"
}

# The command does what a setting says, wherever it stands.
settings_have_effect() {
    file f 1000
    printf 'ARTSTORE_INGEST_JSON=yes\nARTSTORE_INGEST_SOURCE="%s"\n' \
        "$source" >"$dir/env"
    run --config "$dir/env" upload "$dir/f"
    exits 0 "a source in a file"
    json '.[1].stored == 1' "JSON by a file"
    jq -n --arg s "$source" '{ARTSTORE_INGEST_SOURCE: [$s],
        ARTSTORE_INGEST_JSON: true}' >"$dir/json"
    run --config "$dir/json" upload "$dir/f"
    json '.[1].stored == 1' "the same as JSON"
    ARTSTORE_INGEST_QUIET=1 run --source "$source" upload "$dir/f"
    if [ -s "$dir/out" ]; then bad "quiet by a variable"; else ok; fi
    ARTSTORE_INGEST_SOURCE="file:/nonexistent $source" ARTSTORE_INGEST_JSON=T \
        run upload "$dir/f"
    json '.[1].stored == 1' "two sources, separated by a blank"
    mkdir -p "$dir/a b"
    cp "$dir/fleet/fleet.json" "$dir/a b/list.json"
    run --source "file:$dir/a b/list.json" --json upload "$dir/f"
    json '.[1].stored == 1' "a source with a blank in it"
    run --source file:/nonexistent --source "$source" --json upload "$dir/f"
    json '.[1].stored == 1' "two sources as options"
    ARTSTORE_INGEST_SOURCE=file:/nonexistent run --source "$source" --json \
        upload "$dir/f"
    json '.[1].stored == 1' "an option instead of a variable"
    ARTSTORE_INGEST_POLICY=most-free run --source "$source" explain --size 1 \
        --json
    json '.[0].policy == "most-free"' "a policy by a variable"
}

bad_values() {
    local name=CAPACITY_MONITOR_CONFIG_RELOAD_INTERVAL value
    for value in 9 601 x; do
        export "$name=$value"
        run --source file:x upload x
        exits 2 "interval $value"
        one_line "interval $value"
        says "$name: \"$value\" (environment) is not a whole number from 10 to 600" \
            "interval $value"
        run config check
        exits 2 "check of interval $value"
        prints "\"$value\" (environment) is not a whole number from 10 to 600" \
            "check of interval $value"
    done
    for value in 10 600 " 60.0 "; do
        export "$name=$value"
        run config check
        exits 0 "interval $value"
    done
    unset "$name"
    name=CAPACITY_MONITOR_CONFIG_RELOAD_ENABLED
    for value in true on 1 YES y t True; do
        export "$name=$value"
        run config show --json
        value_is "$name" on environment "boolean $value"
    done
    for value in false off 0 No n F; do
        export "$name=$value"
        run config show --json
        value_is "$name" off environment "boolean $value"
    done
    export "$name=maybe"
    run config check
    exits 2 "boolean maybe"
    unset "$name"
    # What stands on the command line is believed first.
    ARTSTORE_INGEST_LOG_LEVEL=loud run --source file:/nonexistent upload x
    exits 2 "a bad variable"
    ARTSTORE_INGEST_LOG_LEVEL=loud run --source file:/nonexistent upload x \
        --log-level error
    exits 8 "a bad variable below an option"
    # Help is there whatever the settings are.
    ARTSTORE_INGEST_LOG_LEVEL=loud run help
    exits 0 "help with a bad variable"
    ARTSTORE_INGEST_LOG_LEVEL=loud run upload --help
    exits 0 "help of a command with a bad variable"
    ARTSTORE_INGEST_CONFIG=/nonexistent run version
    exits 0 "version without its file"
}

# Every problem, not only the first.
check_tells_all() {
    run config check
    exits 0 "nothing is wrong"
    cat >"$dir/env" <<'END'
REDIS_HSOT=x
REDIS_PORT=0
no line
END
    APP_PORT=x CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL=20 \
        CAPACITY_MONITOR_BASE_INTERVALL=1 SERVICE_ACCOUNT_CLIENT_ID=me \
        run config check --json --config "$dir/env"
    exits 2 "many problems"
    json 'map(select(.ok | not)) | length == 6' "six problems"
    json 'map(select(.ok)) | length == 1 and
        .[0].item == "CAPACITY_MONITOR_BASE_INTERVALL" and
        (.[0].message | contains("nearest is CAPACITY_MONITOR_BASE_INTERVAL"))' \
        "a warning"
    json 'any(.item == "REDIS_HSOT" and
        (.message | contains("nearest is REDIS_HOST")))' "the nearest name"
    json 'any(.message | contains("line 3"))' "which line"
    REDIS_PORT=0 run config show
    exits 2 "show with a problem"
    says REDIS_PORT "show with a problem"
    prints CAPACITY_MONITOR_BASE_INTERVAL "show with a problem"
    run config show --config /nonexistent/env
    exits 2 "a file that is not there"
    says /nonexistent/env "a file that is not there"
    # An account in halves is nothing to upload with.
    SERVICE_ACCOUNT_CLIENT_ID=me run --source file:x upload x
    exits 2 "half an account"
    says SERVICE_ACCOUNT_CLIENT_SECRET "half an account"
}

shown_for_people() {
    run config show --origin
    exits 0 "show for people"
    prints ORIGIN "show for people"
    if grep -q CIRCUIT_BREAKER "$dir/out"; then
        bad "what has no effect and is not set"
    fi
    REDIS_POOL_SIZE=3 run config show --origin
    prints "environment REDIS_POOL_SIZE" "what was set in vain"
    run config show --json --origin
    json 'all(.range != "" and .description != "")' "ranges"
    json 'any(.name == "REDIS_POOL_SIZE" and .unused) and
        any(.name == "REDIS_PORT" and .range == "1 to 65535")' "ranges"
    run help env
    prints CAPACITY_MONITOR_CONFIG_RELOAD_INTERVAL "help env"
    prints "10 to 600; 60" "help env"
    prints ARTSTORE_INGEST_STATE_DIR "help env"
}

log_formats() {
    file f 1000
    run --source "$source" upload "$dir/f" --log-level debug --log-format json
    exits 0 "a log in JSON"
    if [ -s "$dir/err" ] && jq -es 'all(.timestamp and .level and .message)' \
        "$dir/err" >/dev/null; then ok; else bad "a log in JSON"; fi
    LOG_LEVEL=DEBUG LOG_FORMAT=flat run --source "$source" upload "$dir/f"
    if [ -s "$dir/err" ] && jq -es 'all(.app_name == "artstore-ingester")' \
        "$dir/err" >/dev/null; then ok; else bad "a flat log"; fi
    run --source "$source" upload "$dir/f" --log-level critical
    if [ -s "$dir/err" ]; then bad "nothing is critical"; else ok; fi
}

# The three ways to name a source are in the message, and all of them work.
sources() {
    run upload x
    exits 2 "no source"
    says "--source redis://HOST" "an option"
    says ARTSTORE_INGEST_SOURCE "a variable"
    says --config "a file"
    local port
    port=$(((RANDOM % 100) + 1)) # nobody listens below 101 here
    REDIS_HOST=127.0.0.1 REDIS_PORT=$port run --json topology show
    exits 8 "the original's variables name a source"
    says "$port" "the original's variables name a source"
    run --source "redis://127.0.0.1:$port/0" topology show
    exits 8 "redis://"
    run --source "sentinel://127.0.0.1:$port,127.0.0.1:$port/main" topology show
    exits 8 "sentinel://"
    run --source "redis://127.0.0.1:$port" --source "$source" --json \
        topology show
    exits 0 "the next source"
    json '.[0].source == "file"' "the next source"
    local url
    for url in redis://u:pl4nted@h redis://:pl4nted@h redis://u:pl/4nted@h \
        sentinel://u:pl4nted@a,b/c http://u:pl4nted@h; do
        run --source "$url" topology show
        exits 2 "a password on the command line"
        if grep -q 'pl.*nted' "$dir/err"; then bad "a secret: $url"; fi
    done
}

# The environment that artStore's ingester has is enough.
variables_of_the_original() {
    redis_options=(--requirepass pl4nted)
    start_redis
    export REDIS_HOST=127.0.0.1 REDIS_PORT=$redis_port REDIS_DB=1
    run topology show
    exits 8 "without the password"
    export REDIS_PASSWORD=pl4nted
    run topology publish "$dir/fleet/fleet.json"
    exits 0 "publish to the Redis of the variables"
    run --json topology show
    exits 0 "a list from the Redis of the variables"
    json '.[0].source == "redis" and (.[0].elements | length) == 3' \
        "a list from the Redis of the variables"
    ARTSTORE_INGEST_SOURCE=$source run --json topology show
    json '.[0].source == "file"' "a source of our own goes first"
    export SERVICE_ACCOUNT_ADMIN_MODULE_URL=http://127.0.0.1:1
    REDIS_DB=2 run topology show
    exits 8 "the Admin Module is asked next"
    says 127.0.0.1:1 "the Admin Module is asked next"
    run config show --json
    value_is REDIS_DB 1 "environment REDIS_DB" "REDIS_DB"
    if grep -q pl4nted "$dir/out" "$dir/err"; then bad "a secret"; else ok; fi
    stop_redis
    unset REDIS_HOST REDIS_PORT REDIS_DB REDIS_PASSWORD \
        SERVICE_ACCOUNT_ADMIN_MODULE_URL
}

secrets() {
    REDIS_PASSWORD=pl4nted SERVICE_ACCOUNT_CLIENT_ID=me \
        SERVICE_ACCOUNT_CLIENT_SECRET=pl4nted REDIS_URL=redis://:pl4nted@h \
        ARTSTORE_INGEST_SOURCE="redis://u:pl4nted@127.0.0.1:1/0" \
        run config show --json --origin
    exits 0 "secrets"
    value_is REDIS_PASSWORD '********' environment "a password"
    value_is ARTSTORE_INGEST_SOURCE 'redis://u:********@127.0.0.1:1/0' \
        environment "a password in a URL"
    if grep -q pl4nted "$dir/out" "$dir/err"; then bad "a secret"; else ok; fi
    printf 'REDIS_PASSWORD=pl4nted\n' >"$dir/env"
    chmod 644 "$dir/env"
    run config check --config "$dir/env"
    exits 0 "a secret that others may read"
    prints "chmod 600" "a secret that others may read"
    printf 'REDIS_PASSWORD="pl4nted\n' >"$dir/env"
    run config check --config "$dir/env"
    exits 2 "a bad line with a secret"
    if grep -q pl4nted "$dir/out" "$dir/err"; then bad "a secret"; else ok; fi
}

state_dir() {
    file f 1000
    rm -rf "$dir/state"
    XDG_STATE_HOME=$dir/state run --source "$source" upload "$dir/f"
    exits 0 "a state directory"
    if [ "$(stat -c %a "$dir/state/artstore-ingest")" = 700 ]; then
        ok
    else
        bad "the state directory is private"
    fi
    XDG_STATE_HOME='' HOME=$dir run config show --json
    value_is ARTSTORE_INGEST_STATE_DIR "$dir/.local/state/artstore-ingest" \
        default "below HOME"
    XDG_STATE_HOME=relative HOME=$dir run config show --json
    value_is ARTSTORE_INGEST_STATE_DIR "$dir/.local/state/artstore-ingest" \
        default "XDG_STATE_HOME must be absolute"
    run --source "$source" --state-dir "$dir/f" upload "$dir/f"
    exits 0 "an unusable state directory"
    says "warning" "an unusable state directory"
    says "$dir/f: Not a directory" "an unusable state directory"
    run --source "$source" --state-dir /proc/none/state upload "$dir/f"
    exits 0 "a state directory that cannot be made"
    one_line "a state directory that cannot be made"
    run --source "$source" --state-dir "$dir/own/state" upload "$dir/f"
    exits 0 "a state directory of one's own"
    if [ -d "$dir/own/state" ]; then ok; else bad "it is made"; fi
}

standard_fleet
precedence
settings_have_effect
log_formats
bad_values
check_tells_all
shown_for_people
sources
variables_of_the_original
secrets
state_dir
finish
