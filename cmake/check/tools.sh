# shellcheck shell=bash
# Gates that other programs decide. Sourced by cmake/check.sh.

gate_shell() {
    need shellcheck || return 1
    script_files | with_paths shellcheck -x -f gcc
}

gate_cppcheck() {
    need cppcheck || return 1
    c_files lib cli server examples | grep '\.c$' |
        with_paths cppcheck -q -j "$(nproc)" --std=c11 \
            --enable=warning,performance,portability --error-exitcode=1 \
            --inline-suppr --suppressions-list="$HERE/cppcheck.txt" \
            -D_GNU_SOURCE -D__GNUC__=12 -I include -I lib \
            --template='{file}:{line}: {message} [{id}]'
}

gate_clang_tidy() {
    need clang-tidy || return 1
    configure_build || return 1
    compiled_files | with_paths -P "$(nproc)" -n 4 \
        clang-tidy --quiet -p "$BUILD" 2>/dev/null |
        sed -n "s|^$PWD/||; /^[^ ].*: \(warning\|error\):/p" | sort -u
}

# The product's files that the build compiles.
compiled_files() {
    sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' \
        "$BUILD/compile_commands.json" | sed "s|^$PWD/||" |
        grep -E '^(lib|cli|server|examples)/.*\.c$' | sort -u
}

configure_build() {
    [ -f "$BUILD/compile_commands.json" ] && return 0
    [ "$BUILD" = build/dev ] || return 0
    cmake --preset dev >"$OUTPUT.cmake" 2>&1 || {
        tail -n 20 "$OUTPUT.cmake"
        rm -f "$OUTPUT.cmake"
        return 1
    }
    rm -f "$OUTPUT.cmake"
}
