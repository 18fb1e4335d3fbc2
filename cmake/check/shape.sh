# shellcheck shell=bash
# Gates on how the parts hang together. Sourced by cmake/check.sh.

gate_layering() {
    c_files lib cli server examples |
        with_paths perl "$HERE/includes.pl" layers "$HERE/layers.txt"
}

gate_third_party() {
    c_files include lib cli server examples |
        with_paths perl "$HERE/includes.pl" third-party "$HERE/third_party.txt"
}

gate_headers() {
    local path name guard
    while read -r path; do
        name=${path##*/}
        guard=ARTSTORE_$(echo "${name%.h}" | tr '[:lower:]' '[:upper:]')_H
        sed -n 2p "$path" | grep -q "^ \* $name - [a-zA-Z]" ||
            echo "$path:2: the second line says '$name - what it is about'"
        grep -q "^#ifndef $guard$" "$path" ||
            echo "$path: the guard is $guard"
        if grep -q '^SE_API' "$path" && ! grep -q '^SE_BEGIN_DECLS' "$path"
        then
            echo "$path: exports stand between SE_BEGIN_DECLS, SE_END_DECLS"
        fi
        grep -nE '^ *# *include' "$path" |
            grep -vE '<(stddef|stdint|stdbool)\.h>|<artstore/[a-z_]+\.h>' |
            sed "s|^\([0-9]*\):.*|$path:\1: only <stddef.h> <stdint.h> \
<stdbool.h> <artstore/...> may be included|"
        grep -qE "^ +$name\)?$" cmake/PublicHeaders.cmake ||
            echo "$path: is not in cmake/PublicHeaders.cmake"
    done < <(c_files include)
}

gate_documented() {
    c_files include | with_paths perl "$HERE/exports.pl" documented
}

# Needs the library built: the declared exports against the dynamic symbols,
# and the names that the static library gives to the linker.
gate_symbols() {
    need nm || return
    local build=${BUILD:-build/dev} scratch so ar
    [ -n "$BUILD" ] || library_built || return
    so=$build/lib/libartstore-ingest.so
    ar=$build/lib/libartstore-ingest.a
    [ -f "$so" ] || {
        echo "$so: is not there"
        return
    }
    scratch=$(mktemp -d) || return
    c_files include | with_paths perl "$HERE/exports.pl" names |
        sort -u >"$scratch/declared"
    symbols_of -D "$so" >"$scratch/exported"
    grep -v '^se_[a-z]' "$scratch/declared" |
        sed 's/$/: no name for an export/'
    comm -23 "$scratch/declared" "$scratch/exported" |
        sed 's/$/: declared with SE_API but not exported/'
    comm -13 "$scratch/declared" "$scratch/exported" |
        sed 's/$/: exported but not declared with SE_API/'
    [ ! -f "$ar" ] || symbols_of "$ar" | grep -v '^se_' |
        sed 's/$/: global in the static library without se_/'
    rm -rf "$scratch"
}

library_built() {
    configured dev || return
    cmake --build --preset dev --target artstore_ingest \
        artstore_ingest_static >"$OUTPUT.build" 2>&1 || {
        echo "the library does not build:"
        tail -n 30 "$OUTPUT.build"
        rm -f "$OUTPUT.build"
        return 1
    }
    rm -f "$OUTPUT.build"
}

# Sanitizers and coverage add symbols of their own; they begin with "__".
symbols_of() { # [-D] file
    nm --defined-only --extern-only "$@" 2>/dev/null |
        awk 'NF == 3 && $2 != "w" && $3 !~ /^(__|_init$|_fini$)/ {
            print $3 }' | sort -u
}
