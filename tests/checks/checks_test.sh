#!/usr/bin/env bash
# Shows that each gate of cmake/check.sh can fail: a small clean tree passes
# all of them; with one violation planted, the gate must name it.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
failures=0
cases=0

# A tree that keeps every rule, with a fake library built of its headers.
make_tree() {
    tree=$scratch/tree
    rm -rf "$tree"
    mkdir -p "$tree"/{include/artstore,lib/base,lib/wire,lib/uploader,cli} \
        "$tree"/{tests/unit,build/none/lib}
    cp -r "$root/cmake" "$root/.clang-format" "$root/.clang-tidy" "$tree"
    cp "$root/include/artstore/export.h" "$tree/include/artstore"
    cat >"$tree/include/artstore/thing.h" <<'END'
/*
 * thing.h - a thing.
 */
#ifndef ARTSTORE_THING_H
#define ARTSTORE_THING_H

#include <stddef.h>

#include <artstore/export.h>

SE_BEGIN_DECLS

/*
 * Count a thing.
 *
 * @param thing  borrows
 * @param done   called for each
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API size_t se_thing_count(const char *thing, void (*done)(void *user));

SE_END_DECLS

#endif
END
    cat >"$tree/cmake/PublicHeaders.cmake" <<'END'
set(ARTSTORE_PUBLIC_HEADERS
  export.h
  thing.h)
END
    cat >"$tree/lib/base/thing.c" <<'END'
/* Mentions of strcpy(a, b) in a comment do no harm. */
#include <artstore/thing.h>

#include <string.h>

size_t se_thing_count(const char *thing, void (*done)(void *user))
{
    if (done != NULL) {
        done(NULL);
    }
    return strlen(thing) + strlen("strcpy(a, b)");
}
END
    printf '#include "base/buf.h"\n' >"$tree/lib/wire/http.c"
    printf '#include <artstore/thing.h>\n' >"$tree/cli/main.c"
    printf '#!/bin/sh\nexit 0\n' >"$tree/tests/run.sh"
    printf '# Read me\n' >"$tree/README.md"
    write_compile_commands
}

write_compile_commands() {
    cat >"$tree/build/none/compile_commands.json" <<END
[
{
  "directory": "$tree",
  "command": "cc -D_GNU_SOURCE -Iinclude -Ilib -c lib/base/thing.c",
  "file": "$tree/lib/base/thing.c"
}
]
END
}

build_tree() {
    cc -shared -fPIC -fvisibility=hidden -I"$tree/include" \
        -o "$tree/build/none/lib/libartstore-ingest.so" "$tree/lib/base/"*.c
}

run_gate() { # gate...
    "$tree/cmake/check.sh" --build build/none "$@" 2>&1
}

# expect GATE PATTERN: the gate fails now, and its output matches.
expect() {
    local output
    cases=$((cases + 1))
    if output=$(run_gate "$1"); then
        echo "not ok: $1 passed, expected: $2"
    elif ! grep -qE -- "$2" <<<"$output"; then
        echo "not ok: $1 failed without: $2"
        printf '%s\n' "$output" | sed 's/^/    /'
    else
        echo "ok: $1: $2"
        return
    fi
    failures=$((failures + 1))
}

# plant PATH TEXT: a fresh tree with the text at the end of that file.
plant() {
    make_tree
    mkdir -p "$(dirname "$tree/$1")"
    printf '%s\n' "$2" >>"$tree/$1"
}

# code LINE: a function of lib with that line in it.
code() {
    plant lib/base/planted.c "void f(char *a, const char *b)
{
    $1
}"
}

lines() { # count: that many statements
    local i
    for ((i = 0; i < $1; i++)); do echo '    f();'; done
}

clean_tree_passes() {
    cases=$((cases + 1))
    make_tree
    build_tree
    if output=$(run_gate); then
        echo "ok: a clean tree passes"
    else
        echo "not ok: a clean tree fails"
        printf '%s\n' "$output" | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}

text_gates() {
    plant lib/base/planted.c 'int  f(void);'
    clang-format --version | grep -q 'version 14' &&
        expect format 'planted.c:1:.*not formatted'
    plant lib/base/planted.c "/* $(printf '%080d' 0) */"
    expect columns 'planted.c:1: 86 columns'
    plant lib/base/planted.c "$(seq -f '/* %g */' 451)"
    expect sizes 'planted.c: 451 lines'
    plant cli/planted.c "void f(void)
{
$(lines 119)
}"
    expect sizes 'planted.c:2: f: 121 lines; 120 is the most'
    plant cli/planted.c "void f(void)
{
$(lines 78)
}"
    expect sizes '[0-9]+ of [0-9]+ functions are under 80 lines'
    plant tests/unit/planted.c "void f(void)
{
$(lines 119)
}"
    expect sizes 'tests/unit/planted.c:2: f: 121 lines'
    plant README.md "A TOD""O here"
    expect open_ends 'README.md:2:A TOD'
    plant tests/run.sh "ls /ho""me/somebody"
    expect paths 'run.sh:3:.*a path of one machine'
    plant README.md 'see `/tm''p/file`'
    expect paths 'README.md:2:.*no temporary folder'
}

banned_functions() {
    local call
    for call in 'strcpy(a, b)' 'strncpy(a, b, 1)' 'strcat(a, b)' \
        'strncat(a, b, 1)' 'sprintf(a, b)' 'vsprintf(a, b, c)' \
        'strtok(a, b)' 'strtok_r(a, b, c)' 'gets(a)' 'atoi(b)' 'atol(b)' \
        'atof(b)' 'strtol(b, 0, 10)' 'strtoull(b, 0, 10)' 'strtod(b, 0)' \
        'alloca(9)' 'system(b)' 'popen(b, "r")' \
        'cJSON_GetObjectItem(a, b)' 'atomic_thread_fence(0)' 'mktemp(a)'; do
        code "$call;"
        expect banned "planted.c:3: ${call%%(*}: "
    done
    code 'n = item->valueint;'
    expect banned 'planted.c:3: ->valueint: '
    code 'volatile int n = 0;'
    expect banned 'planted.c:3: volatile: '
    for call in 'printf(b)' 'fprintf(f, b)' 'perror(b)' 'exit(1)' 'abort()' \
        'signal(1, f)' 'sigaction(1, &a, 0)' 'setenv(a, b, 1)' 'fork()'; do
        code "$call;"
        expect quiet "planted.c:3: ${call%%(*}: "
    done
}

shape_gates() {
    plant lib/base/planted.c '#include "wire/http.h"'
    expect layering 'planted.c:1: base may not know wire'
    plant lib/wire/planted.c '#include "uploader/job.h"'
    expect layering 'planted.c:1: wire may not know uploader'
    plant lib/wire/planted.c '#include "http.h"'
    expect layering 'planted.c:1: says the folder too'
    plant lib/other/planted.c '#include "base/buf.h"'
    expect layering 'planted.c:1: other is not in'
    plant cli/planted.c '#include "base/buf.h"'
    expect layering 'planted.c:1: sees only <artstore'
    plant examples/planted.c '#include "../lib/base/buf.h"'
    expect layering 'planted.c:1: sees only <artstore'
    plant lib/wire/planted.c '#include <curl/curl.h>'
    expect third_party 'planted.c:1: <curl/curl.h> has no place here'
    plant lib/wire/loop.h '#include <curl/curl.h>'
    expect third_party 'loop.h:1: <curl/curl.h> has no place here'
    plant lib/base/planted.c '#include <cjson/cJSON.h>'
    expect third_party 'planted.c:1: <cjson/cJSON.h> has no place here'
    plant cli/planted.c '#include <openssl/evp.h>'
    expect third_party 'planted.c:1: <openssl/evp.h> has no place here'
    plant cli/planted.c '#include <glib/glib.h>'
    expect third_party 'planted.c:1: <glib/glib.h> is not in'
    code 'curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);'
    expect tls 'planted.c:3:.*only lib/wire/.*http'
    plant lib/wire/http.c 'curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);'
    expect tls 'http.c:2:.*certificates are always checked'
}

# edit PATH SED-SCRIPT: a fresh tree with that file changed.
edit() {
    make_tree
    sed -i "$2" "$tree/$1"
}

header_gates() {
    local header=include/artstore/thing.h word
    plant $header '#include <stdio.h>'
    expect headers 'thing.h:[0-9]+: only <stddef.h>'
    edit $header 's/THING_H/OTHER_H/'
    expect headers 'thing.h: the guard is ARTSTORE_THING_H'
    edit $header '2d'
    expect headers "thing.h:2: the second line says 'thing.h - "
    edit $header '/SE_BEGIN_DECLS/d'
    expect headers 'thing.h: exports stand between'
    edit cmake/PublicHeaders.cmake '/thing/d'
    expect headers 'thing.h: is not in cmake/PublicHeaders.cmake'
    for word in Threads Blocks Since; do
        edit $header "s/$word: //"
        expect documented "se_thing_count does not say '$word:'"
    done
    edit $header '/@param done/d'
    expect documented 'se_thing_count has no @param done'
    edit $header 's/@param thing/@param other/'
    expect documented 'se_thing_count has no parameter other'
    edit $header 's/^ \*\/$/&\n/'
    expect documented 'se_thing_count has no comment directly before it'
}

symbol_gates() {
    edit include/artstore/thing.h 's/^SE_API size_t/SE_API int se_gone(void);\n&/'
    build_tree
    expect symbols 'se_gone: declared with SE_API but not exported'
    edit include/artstore/thing.h 's/se_thing_count/se__thing_count/'
    build_tree
    expect symbols 'se__thing_count: no name for an export'
    edit include/artstore/thing.h 's/^SE_API size_t/size_t/'
    sed -i 's/^size_t/SE_API size_t/' "$tree/lib/base/thing.c"
    build_tree
    expect symbols 'se_thing_count: exported but not declared'
    make_tree
    build_tree
    echo 'int stray(void) { return 0; }' | cc -x c -c -o "$scratch/stray.o" -
    ar rc "$tree/build/none/lib/libartstore-ingest.a" "$scratch/stray.o"
    expect symbols 'stray: global in the static library without se_'
    make_tree
    expect symbols 'libartstore-ingest.so: is not there'
}

tool_gates() {
    plant tests/run.sh "rm \$1"
    expect shell 'run.sh:3:.*SC2086'
    plant cli/planted.c 'int f(void) { int a[2]; a[0] = 1; return a[2]; }'
    expect cppcheck 'planted.c:1:.*arrayIndexOutOfBounds'
    edit lib/base/thing.c 's/if (done != NULL) {/if (thing == NULL) { done(0);/'
    sed -i 's/strlen(thing) +/*thing +/' "$tree/lib/base/thing.c"
    sed -i 's/done(0);/return *thing;/' "$tree/lib/base/thing.c"
    expect clang_tidy 'thing.c:[0-9]+.*(NullDereference|null pointer)'
    make_tree
    mkdir "$scratch/bin"
    ln -s /bin/* /usr/bin/* "$scratch/bin" 2>/dev/null
    rm "$scratch/bin/shellcheck"
    PATH=$scratch/bin expect shell 'shellcheck is not installed'
}

clean_tree_passes
text_gates
banned_functions
shape_gates
header_gates
symbol_gates
tool_gates
echo "$cases cases, $failures failed"
[ $failures -eq 0 ]
