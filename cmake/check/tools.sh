# shellcheck shell=bash
# Gates that other programs decide. Sourced by cmake/check.sh.

gate_shell() {
    need shellcheck || return
    script_files | with_paths shellcheck -x -f gcc
}

gate_cppcheck() {
    need cppcheck || return
    c_files lib cli server examples | grep '\.c$' |
        with_paths cppcheck -q -j "$(nproc)" --std=c11 \
            --enable=warning,performance,portability --error-exitcode=1 \
            --inline-suppr --suppress=normalCheckLevelMaxBranches \
            -D_GNU_SOURCE -D__GNUC__=12 -I include -I lib \
            --template='{file}:{line}: {message} [{id}]'
}

gate_clang_tidy() {
    need clang-tidy || return
    local build=${BUILD:-build/clang}
    [ -n "$BUILD" ] || configured clang || return
    compiled_files "$build" | with_paths -P "$(nproc)" -n 4 \
        clang-tidy --quiet -p "$build" 2>/dev/null |
        sed -n "s|^$PWD/||; /\(^\|: \)\(warning\|error\): /p" | sort -u
}

# The product's files that the build compiles.
compiled_files() { # build-folder
    sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' \
        "$1/compile_commands.json" | sed "s|^$PWD/||" |
        grep -E '^(lib|cli|server|examples)/.*\.c$' | sort -u
}

# Configure a preset's build folder, again if it is there: files come and go.
configured() { # preset
    cmake --preset "$1" >"$OUTPUT.cmake" 2>&1 || tail -n 20 "$OUTPUT.cmake"
    rm -f "$OUTPUT.cmake"
    [ -f "build/$1/compile_commands.json" ]
}
