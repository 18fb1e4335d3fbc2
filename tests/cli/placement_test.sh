#!/usr/bin/env bash
# Where files go and why: explain, capacity, upload --dry-run.
#
#   placement_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

explain() {
    run --source "$source" explain --size 10Mi --json
    exits 0 "explain"
    json '.[0].chosen == "se-01" and .[0].policy == "sequential" and
        .[0].size == 10485760 and
        .[0].elements[1] == {"id": "se-02", "verdict": "eligible"} and
        .[0].elements[2] == {"id": "se-03", "verdict": "rejected",
        "reason": "mode"}' "explain"
    tell used se-01 1099511627776
    run --source "$source" explain --size 10M --json
    json '.[0].chosen == "se-02" and .[0].elements[0].reason == "full"' \
        "explain knows what elements say"
    tell used se-02 1099511627776
    run --source "$source" explain --size 10M --json
    exits 6 "explain without room"
    json '.[0].chosen == null' "explain without room"
    run --source "$source" explain --size 10M
    prints "none of them" "explain for people"
    tell used se-01 -1
    tell used se-02 -1
    run --source file:/nonexistent explain --size 1
    exits 8 "explain without a list"
}

dry_run() {
    file f 100000
    tell counts se-01
    local before
    before=$(jq .uploads <<<"$answer_of_sandbox")
    run --source "$source" upload --dry-run --json "$dir/f"
    exits 0 "dry run"
    json '.[0].se_id == "se-01" and .[0].size == 100000' "dry run"
    wait_for_count se-01 ".uploads == $before"
}

why() {
    file f 100000
    file g 1000
    run --source "$source" upload --why --json "$dir/f" "$dir/g" --jobs 1
    exits 0 "why"
    json 'map(.type) == ["explain", "result", "explain", "result", "summary"]
        and .[0].path == .[1].path and .[0].size == 100000 and
        .[0].chosen == "se-01" and .[0].policy == "sequential" and
        .[0].retention == "temporary" and
        .[0].elements[2] == {"id": "se-03", "verdict": "rejected",
        "reason": "mode"}' "why"
    run --source "$source" upload --why "$dir/f"
    says "goes to se-01 (sequential)" "why, for people"
    says "rejected" "why, for people"
    prints "stored" "why, for people"
    tell used se-01 1099511627776
    run --source "$source" upload --why --json "$dir/f"
    json '.[0].chosen == "se-02" and .[0].elements[0].reason == "full" and
        .[1].se_id == "se-02"' "why not the first"
    tell used se-01 -1
    run --source "$source" upload --why --dry-run --json "$dir/f" "$dir/none"
    exits 3 "why, before nothing is sent"
    json 'map(.type) == ["explain", "plan", "plan"] and
        .[2].error.code == "SE_E_FILE"' "why, before nothing is sent"
    run --source "$source" upload --why --json "$dir/none"
    exits 4 "why, of a missing file"
    json 'map(.type) == ["result", "summary"]' "why, of a missing file"
}

policies() {
    file f 1000
    tell used se-01 100000000000
    run --source "$source" upload --policy most-free --json "$dir/f"
    json '.[0].se_id == "se-02"' "most-free"
    run --source "$source" upload --why --policy most-free --json "$dir/f"
    json '.[0].policy == "most-free" and .[0].chosen == "se-02" and
        .[0].elements[0].verdict == "eligible"' "why most-free"
    run --source "$source" explain --size 1k --policy most-free --json
    json '.[0].chosen == "se-02" and .[0].policy == "most-free"' \
        "explain by most-free"
    run --source "$source" upload --policy sequential --json "$dir/f"
    json '.[0].se_id == "se-01"' "sequential"
    tell used se-01 -1
    run --source "$source" upload --policy round-robin --json --dry-run \
        "$dir/f" "$dir/f" "$dir/f" "$dir/f"
    json '[.[].se_id] | unique == ["se-01", "se-02"] and .[0] != .[1] and
        .[0] == .[2]' "round-robin"
    run --source "$source" explain --size 1k --policy weighted-free
    exits 0 "weighted-free"
    prints "(weighted-free)" "weighted-free"
}

capacity() {
    tell kill se-02
    run --source "$source" capacity --json
    exits 0 "capacity"
    json 'length == 3 and .[0].id == "se-01" and .[0].health == "healthy" and
        .[0].origin == "poll" and .[0].total > 0 and .[0].age_ms >= 0 and
        .[1].health == "unhealthy" and .[1].error != null' "capacity"
    run --source "$source" capacity
    prints HEALTH "capacity for people"
    tell revive se-02
}

# More elements than this process may have sockets.
many() {
    local i elements=() before
    for ((i = 0; i < 300; i++)); do
        elements+=("se-$i:edit:$i")
    done
    stop_fleet
    start_fleet "${elements[@]}"
    before=$(ulimit -S -n)
    ulimit -S -n 200
    run --source "$source" capacity --json
    ulimit -S -n "$before"
    exits 0 "capacity of many"
    json 'length == 300 and all(.health == "healthy")' "capacity of many"
}

standard_fleet
explain
dry_run
why
policies
capacity
many
finish
