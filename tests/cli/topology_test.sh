#!/usr/bin/env bash
# topology: documents, and the list in force.
#
#   topology_test.sh PATH-OF-artstore-ingest PATH-OF-artstore-sandbox PATH-OF-within
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh" "$@"

topology() {
    run --source "$source" topology show
    exits 0 "show"
    prints se-03 "show"
    run --source "$source" --json topology show
    json '.[0].type == "topology" and (.[0].elements | length) == 3 and
        .[0].source == "file" and .[0].held == false and
        .[0].elements[0] == {"id": "se-01", "url": .[0].elements[0].url,
        "mode": "edit", "priority": 100, "available": true}' "show"
    local a=$dir/a.json b=$dir/b.json
    cp "$dir/fleet/fleet.json" "$a"
    jq '.storage_elements |= (map(select(.element_id != "se-03")) |
        map(if .element_id == "se-02" then .priority = 50 else . end)) +
        [{"element_id": "se-09", "api_url": "http://127.0.0.9:1",
          "mode": "rw"},
         {"element_id": "se-bad", "api_url": "ftp://x", "mode": "rw"}]' \
        "$a" >"$b"
    run topology diff "$a" "$b" --json
    exits 0 "diff of two"
    json '.[0].added == ["se-09"] and .[0].removed == ["se-03"] and
        .[0].updated == [{"id": "se-02", "old": {"priority": 200},
        "new": {"priority": 50}}] and .[0].rejected[0].id == "se-bad" and
        .[0].total_before == 3 and .[0].total_after == 3' "diff of two"
    run --source "$source" topology diff "$b"
    exits 0 "diff against what is in force"
    prints "se-09" "diff against what is in force"
    run topology diff "$a" "$a"
    prints "no change" "diff of equals"
    run topology check "$a"
    exits 0 "check of a good one"
    run topology check "$b"
    exits 2 "check of a bad one"
    prints "se-bad" "check of a bad one"
    echo '{"storage_elements": [' >"$b"
    run topology check --json "$b"
    exits 2 "check of a broken one"
    json '.[0].ok == false' "check of a broken one"
    run topology check /nonexistent
    exits 2 "check of a missing one"
}

standard_fleet
topology
finish
