#!/usr/bin/env bash
# headers_test.sh: each public header compiles alone, and included twice, as
# C11 and as C++11, with every compiler that is there; the umbrella header
# brings all of them but the vtable; each header of lib compiles alone as well.
set -u
cd "$(dirname "$0")/../.." || exit 2
strict=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only)
count=0
failed=0

# compile WHAT SOURCE COMPILER ARGUMENT...
compile() {
    local what=$1 text=$2
    shift 2
    count=$((count + 1))
    # ISO C wants at least one declaration, which some headers have not.
    "$@" "${strict[@]}" - <<<"$text
typedef int something;" || {
        echo "headers: $what does not compile with $1" >&2
        failed=$((failed + 1))
    }
}

public_headers() { # compiler argument...
    local header name text
    for header in include/artstore/*.h; do
        name=artstore/${header##*/}
        text="#include <$name>"
        compile "$name" "$text" "$@" -Iinclude
        compile "$name twice" "$text
$text" "$@" -Iinclude
    done
}

internal_headers() { # compiler argument...
    local header
    for header in lib/*/*.h; do
        compile "$header" "#include \"${header#lib/}\"" "$@" \
            -D_GNU_SOURCE -Iinclude -Ilib
    done
}

umbrella() { # compiler argument...
    local header guard text='#include <artstore/ingest.h>'
    for header in include/artstore/*.h; do
        guard=ARTSTORE_$(basename "$header" .h | tr '[:lower:]' '[:upper:]')_H
        [ "$guard" = ARTSTORE_SOURCE_OPS_H ] || text+="
#ifndef $guard
#error $header is missing
#endif"
    done
    compile 'the umbrella' "$text" "$@" -Iinclude
}

found=0
for pair in gcc:g++ clang:clang++; do
    cc=${pair%:*}
    cxx=${pair#*:}
    if command -v "$cc" >/dev/null; then
        found=$((found + 1))
        public_headers "$cc" -x c -std=c11
        internal_headers "$cc" -x c -std=c11
        umbrella "$cc" -x c -std=c11
    fi
    if command -v "$cxx" >/dev/null; then
        found=$((found + 1))
        public_headers "$cxx" -x c++ -std=c++11
    fi
done
echo "headers: $count compilations with $found compilers, $failed failed"
[ $failed -eq 0 ] && [ $found -gt 0 ]
