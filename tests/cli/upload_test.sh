#!/usr/bin/env bash
# Uploads, against a sandbox fleet.
#
#   upload_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

upload_one() {
    file one.pdf 100000
    run --source "$source" upload "$dir/one.pdf"
    exits 0 "one file"
    prints "stored  $dir/one.pdf" "one file"
    run upload --json "$dir/one.pdf" --source "$source"
    exits 0 "options behind the command"
    json 'length == 2 and all(.schema == 1)' "two lines"
    json '.[0].type == "result" and .[0].outcome == "stored" and
        .[0].se_id == "se-01" and .[0].size == 100000 and
        .[0].registered == "off" and (.[0] | has("error") | not) and
        (.[0].attempts | length) == 1 and
        .[0].attempts[0].http_status == 201' "the result"
    json '.[1].type == "summary" and .[1].files == 1 and .[1].stored == 1 and
        .[1].bytes == 100000' "the summary"
    local id sum
    id=$(jq -r 'select(.type == "result").file_id' "$dir/out")
    sum=$(sha256sum "$dir/one.pdf" | cut -c1-64)
    json ".[0].sha256 == \"$sum\"" "the checksum"
    cmp -s "$dir/one.pdf" "$dir/fleet/se-01/$id" || bad "stored bytes"
    ARTSTORE_INGEST_SOURCE="$source" ARTSTORE_INGEST_JSON=on run \
        upload "$dir/one.pdf"
    exits 0 "source from the environment"
    json '.[1].stored == 1' "a flag from the environment"
    run --source "$source" upload --retention permanent --json "$dir/one.pdf"
    json '.[0].se_id == "se-03"' "permanent files"
    run --source "$source" upload -q "$dir/one.pdf"
    if [ -s "$dir/out" ] || [ -s "$dir/err" ]; then bad "quiet"; else ok; fi
}

upload_stdin() {
    file big 3000000
    local sum
    sum=$(sha256sum "$dir/big" | cut -c1-64)
    "$ingest" --source "$source" upload --json --name b.bin - \
        <"$dir/big" >"$dir/out" 2>"$dir/err"
    code=$?
    exits 0 "standard input from a file"
    json ".[0].sha256 == \"$sum\" and .[0].size == 3000000" "stdin, a file"
    # shellcheck disable=SC2002 # a pipe is meant
    cat "$dir/big" | "$ingest" --source "$source" upload --json - \
        >"$dir/out" 2>"$dir/err"
    code=$?
    exits 0 "standard input from a pipe"
    json ".[0].sha256 == \"$sum\" and .[0].size == 3000000" "stdin, a pipe"
    run --source "$source" upload -
    exits 7 "empty standard input"
}

# The size of a file is no measure of the memory that it takes.
large_file() {
    local mib=1024 limit=16384 id sum
    if [ "${ARTSTORE_TEST_MEMORY-}" = off ]; then
        mib=64
        limit=100000000
    fi
    # Different in every MiB, and quickly made.
    for ((i = 0; i < mib; i++)); do
        printf '%-1048576d' "$i"
    done >"$dir/large"
    sum=$(sha256sum "$dir/large" | cut -c1-64)
    "$within" "$limit" "$ingest" --source "$source" upload --json \
        "$dir/large" >"$dir/out" 2>"$dir/err" </dev/null
    code=$?
    exits 0 "$mib MiB within $limit KiB"
    json ".[0].size == $((mib * 1048576)) and .[0].sha256 == \"$sum\"" \
        "a large file"
    id=$(jq -r 'select(.type == "result").file_id' "$dir/out")
    if cmp -s "$dir/large" "$dir/fleet/se-01/$id"; then
        ok
    else
        bad "stored bytes of a large file"
    fi
    "$within" "$limit" "$ingest" --source "$source" upload --json - \
        <"$dir/large" >"$dir/out" 2>"$dir/err"
    code=$?
    exits 0 "$mib MiB of standard input within $limit KiB"
    rm "$dir/large" "$dir/fleet/se-01/$id"
}

upload_many() {
    local files=() i
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        file "many-$i" $((i * 1000))
        files+=("$dir/many-$i")
    done
    run --source "$source" upload --jobs 3 --json "${files[@]}"
    exits 0 "many files"
    json '(map(select(.type == "result" and .outcome == "stored")) |
        length) == 12 and .[12].bytes == 78000' "many files"
}

files_that_fail() {
    file good 1000
    run --source "$source" upload "$dir/missing"
    exits 4 "unreadable alone"
    run --source "$source" upload --json "$dir/missing" "$dir/good"
    exits 3 "unreadable beside a stored one"
    json 'map(select(.outcome == "stored")) | length == 1' "the other goes"
    json 'map(select(.path != null and .error.code == "SE_E_FILE")) |
        length == 1' "the error as JSON"
    : >"$dir/empty"
    run --source "$source" upload "$dir/empty"
    exits 7 "an empty file"
    run --source "$source" upload "$dir/empty" "$dir/missing"
    exits 7 "different failures, none of which a retry mends"
    run --source "$source" upload --metadata '[1]' "$dir/good"
    exits 2 "metadata that is no object"
    run --source "$source" upload --file-id nonsense "$dir/good"
    exits 2 "a file id that is none"
}

strange_names() {
    local name
    mkdir -p "$dir/strange"
    for name in 'a b.txt' $'new\nline' $'\x1b[31mred' 'отчёт.txt' 'quo"te' \
        -- --json $'bad\xff' '%s%n'; do
        head -c 10 /dev/urandom >"$dir/strange/$name"
        run --source "$source" upload --json -- "$dir/strange/$name"
        exits 0 "name $name"
        json 'length == 2' "name $name: JSON"
        (cd "$dir/strange" && "$ingest" --source "$source" upload -- \
            "$name") >"$dir/out" 2>"$dir/err" </dev/null
        code=$?
        exits 0 "name $name, alone"
        if grep -q $'\x1b' "$dir/out"; then bad "an escape for the terminal"; fi
    done
}

token() {
    stop_fleet
    echo "token-of-$$" >"$dir/token"
    sandbox_options=(--token-file "$dir/token")
    chmod 600 "$dir/token"
    start_fleet se-01:edit:100
    sandbox_options=()
    file f 1000
    run --source "$source" upload "$dir/f"
    exits 12 "without a token"
    run --source "$source" --token-file "$dir/token" upload -v "$dir/f"
    exits 0 "with a token"
    chmod 644 "$dir/token"
    run --source "$source" --token-file "$dir/token" upload "$dir/f"
    exits 2 "a token that others may read"
    says "chmod 600" "a token that others may read"
    chmod 600 "$dir/token"
    echo "wrong-$$" >"$dir/wrong"
    chmod 600 "$dir/wrong"
    run --source "$source" --token-file "$dir/wrong" upload -v \
        --log-level debug "$dir/f"
    exits 12 "with a wrong token"
    if grep -q "wrong-$$" "$dir/err" "$dir/out"; then bad "a secret"; fi
}

standard_fleet
upload_one
upload_stdin
large_file
upload_many
files_that_fail
strange_names
token
finish
