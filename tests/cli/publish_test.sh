#!/usr/bin/env bash
# topology publish: from a document to Redis, and to those who listen there.
#
#   publish_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

publish() {
    run topology publish "$document" --redis "$redis" --json
    exits 0 "publish"
    json 'length == 1 and .[0].schema == 1 and .[0].type == "published" and
        .[0].elements == 3 and .[0].receivers == 0 and
        .[0].key == "artstore:storage_elements" and
        (.[0].hash | length) == 64' "publish"
    local hash
    hash=$(jq -r .hash "$dir/out")
    run topology show --source "$redis" --json
    json ".[0].hash == \"$hash\" and .[0].source == \"redis\" and
        (.[0].elements | length) == 3" "what was published is in force"
    local left
    left=$(redis_ask ttl artstore:storage_elements)
    if [ "$left" -gt 3500 ] && [ "$left" -le 3600 ]; then
        ok
    else
        bad "it is kept for $left s"
    fi
    run topology publish "$document" --source file:x --source "$redis"
    exits 0 "to the first Redis source"
    prints "published 3 elements" "publish for people"
    run topology publish "$document" --source "$redis" -q
    if [ -s "$dir/out" ] || [ -s "$dir/err" ]; then bad "quiet"; else ok; fi
    run topology publish - --redis "$redis"
    exits 2 "an empty document"
}

# As many lines as are awaited, from channels that were subscribed to.
listen() { # channel...
    local line=
    exec {listener}< <(exec redis-cli -p "$redis_port" subscribe "$@")
    listener_pid=$!
    # One confirmation per channel, its last line a number.
    while [ "$line" != "$#" ]; do
        read -r -t 10 line <&"$listener" || return
    done
}

heard() { # text, what
    local line
    while read -r -t 10 line <&"$listener"; do
        case $line in
        *"$1"*)
            ok
            return
            ;;
        esac
    done
    bad "$2: not heard: $1"
}

hang_up() {
    kill "$listener_pid"
    wait "$listener_pid" 2>/dev/null
    exec {listener}<&-
}

announce() {
    listen artstore:storage_elements:updates artstore:service_discovery
    run topology publish "$document" --redis "$redis" --json --event created
    json '.[0].receivers == 2' "two subscriptions are told"
    heard '"storage_elements"' "the document"
    heard '"action": "created"' "the notification"
    hang_up
    listen elsewhere
    run topology publish "$document" --redis "$redis" --json \
        --channel elsewhere
    json '.[0].receivers == 1' "another channel"
    heard '"storage_elements"' "the document on another channel"
    hang_up
}

# Nothing that is not good is published, not even in part.
validate() {
    local before
    before=$(redis_ask get artstore:storage_elements)
    jq '.storage_elements[0].api_url = "ftp://x"' "$document" >"$dir/bad.json"
    run topology publish "$dir/bad.json" --redis "$redis" --json
    exits 2 "a bad element"
    json 'length == 1 and .[0].type == "check" and .[0].item == "se-01" and
        .[0].ok == false and .[0].message != ""' "the reason"
    says "nothing was published" "a bad element"
    jq '.storage_elements = []' "$document" >"$dir/bad.json"
    run topology publish "$dir/bad.json" --redis "$redis"
    exits 2 "an empty list"
    one_line "an empty list"
    echo '{"storage_elements": [' >"$dir/bad.json"
    run topology publish "$dir/bad.json" --redis "$redis"
    exits 2 "a broken document"
    run topology publish /nonexistent --redis "$redis"
    exits 2 "no document"
    if [ "$before" = "$(redis_ask get artstore:storage_elements)" ]; then
        ok
    else
        bad "something was published"
    fi
}

usage() {
    run topology publish "$document"
    exits 2 "no Redis"
    says --redis "what is missing"
    run topology publish "$document" --source file:x
    exits 2 "no Redis among the sources"
    run topology publish --redis "$redis"
    exits 2 "no document"
    run topology publish "$document" --redis redis://u:secret-word@127.0.0.1
    exits 2 "a password on the command line"
    if grep -q secret-word "$dir/err"; then bad "a secret"; else ok; fi
    run topology publish "$document" --redis http://127.0.0.1
    exits 2 "not a Redis"
    run topology show --source "$redis" --channel x
    exits 2 "--channel is for publish"
}

protected() {
    stop_redis
    run topology publish "$document" --redis "$redis"
    exits 5 "Redis is down"
    says "${redis#redis://}" "which one is down"
    redis_options=(--requirepass secret-word)
    start_redis
    run topology publish "$document" --redis "$redis"
    exits 12 "without the password"
    says "${redis#redis://}" "which one wants a password"
    REDIS_PASSWORD=wrong-word run topology publish "$document" --redis "$redis"
    exits 12 "with a wrong password"
    if grep -q wrong-word "$dir/err"; then bad "a secret"; else ok; fi
    REDIS_PASSWORD=secret-word run topology publish "$document" \
        --redis "$redis"
    exits 0 "with the password"
    ARTSTORE_INGEST_SOURCE="redis://:secret-word@${redis#redis://}" run \
        topology publish "$document"
    exits 0 "with the password in the environment"
    if grep -q secret-word "$dir/err" "$dir/out"; then bad "a secret"; fi
    # REDIS_PASSWORD is for those whose URL holds none.
    REDIS_PASSWORD=wrong-word \
        ARTSTORE_INGEST_SOURCE="redis://:secret-word@${redis#redis://}" run \
        topology publish "$document"
    exits 0 "the password of the URL goes before"
    REDIS_PASSWORD=wrong-word \
        ARTSTORE_INGEST_SOURCE="redis://:secret-word@${redis#redis://}" run \
        topology show
    exits 0 "the password of the URL, to read the list"
    prints se-01 "the password of the URL, to read the list"
    REDIS_PASSWORD=secret-word \
        ARTSTORE_INGEST_SOURCE="redis://:@${redis#redis://}" run \
        topology publish "$document"
    exits 0 "a URL whose password is empty"
}

# Stopped, not dead: it takes connections and never answers.
frozen() {
    kill -STOP "$redis_pid"
    run topology publish "$document" --redis "$redis" --deadline 200ms
    exits 10 "a Redis that does not answer"
    kill -CONT "$redis_pid"
}

standard_fleet
document=$dir/fleet/fleet.json
start_redis
usage
publish
announce
validate
frozen
protected
finish
