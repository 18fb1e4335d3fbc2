#!/usr/bin/env bash
# consumer_test.sh BUILD: installs what BUILD holds, moves it elsewhere, and
# builds and runs a C and a C++ program against it in each way that users have.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$1
cc=${CC:-cc}
cxx=${CXX:-c++}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
flags=(-Wall -Wextra -Wpedantic -Werror)

fail() {
    echo "consumer: $*" >&2
    exit 1
}

# Run both programs of a folder; KIND says how they must be linked.
run_both() { # shared|static folder
    local program needs
    for program in "$2"/consumer_c "$2"/consumer_cc; do
        needs=$(readelf -d "$program" | grep NEEDED)
        if [ "$1" = shared ]; then
            grep -qF '[libartstore-ingest.so.0]' <<<"$needs" ||
                fail "$program does not ask for libartstore-ingest.so.0"
        elif grep -q artstore <<<"$needs"; then
            fail "$program is not linked with the static library"
        fi
        "$program" || fail "$program: exit code $?"
    done
}

install_and_move() {
    cmake --install "$build" --prefix "$scratch/first" >"$scratch/log"
    mv "$scratch/first" "$scratch/prefix"
    prefix=$scratch/prefix
    libdir=$(dirname "$(find "$prefix" -name libartstore-ingest.a)")
    for header in "$source"/include/artstore/*.h; do
        [ -f "$prefix/include/artstore/${header##*/}" ] ||
            fail "${header##*/} is not installed"
    done
    readelf -d "$libdir/libartstore-ingest.so" |
        grep -qF 'soname: [libartstore-ingest.so.0]' || fail "no soname"
    # No file names the folder that it was installed to, nor the sources.
    if grep -rlIF -e "$scratch/first" -e "$source" "$prefix"; then
        fail "the files above name a folder of this machine"
    fi
}

the_command_works() {
    [ "$("$prefix/bin/artstore-ingest" version --json | head -c 12)" = \
        '{"schema":1,' ] || fail "the installed command does not run"
}

by_pkg_config() {
    local out=$scratch/pkg-config words
    mkdir "$out"
    export PKG_CONFIG_PATH=$libdir/pkgconfig
    read -ra words <<<"$(pkg-config --cflags --libs artstore-ingest)"
    "$cc" -std=c11 "${flags[@]}" -o "$out/consumer_c" "$here/consumer.c" \
        "${words[@]}"
    "$cxx" -std=c++11 "${flags[@]}" -o "$out/consumer_cc" \
        "$here/consumer.cc" "${words[@]}"
    LD_LIBRARY_PATH=$libdir run_both shared "$out"
}

by_pkg_config_static() {
    local out=$scratch/pkg-config-static words
    mkdir "$out"
    # Where only the archive lies, as -l takes the shared one if it can.
    cp -r "$prefix" "$scratch/archive"
    find "$scratch/archive" -name 'libartstore-ingest.so*' -delete
    export PKG_CONFIG_PATH=${libdir/"$prefix"/"$scratch/archive"}/pkgconfig
    read -ra words <<<"$(pkg-config --static --cflags --libs artstore-ingest)"
    "$cc" -std=c11 "${flags[@]}" -o "$out/consumer_c" "$here/consumer.c" \
        "${words[@]}"
    "$cxx" -std=c++11 "${flags[@]}" -o "$out/consumer_cc" \
        "$here/consumer.cc" "${words[@]}"
    run_both static "$out"
}

by_find_package() { # shared|static target components
    local out=$scratch/find_package-$1
    cmake -S "$here/find_package" -B "$out" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCONSUMER_TARGET="$2" -DCONSUMER_COMPONENTS="$3" >"$scratch/log"
    cmake --build "$out" >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        fail "find_package: does not build"
    }
    run_both "$1" "$out"
}

by_add_subdirectory() {
    local out=$scratch/subproject
    cmake -S "$here/subproject" -B "$out" \
        -DARTSTORE_SOURCE="$source" >"$scratch/log"
    cmake --build "$out" --parallel "$(nproc)" >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        fail "add_subdirectory: does not build"
    }
    run_both shared "$out"
    # Nothing but the library: no tests of ours, nothing to install.
    ctest --test-dir "$out" -N | grep -q 'Total Tests: 0' ||
        fail "add_subdirectory: brings tests along"
    cmake --install "$out" --prefix "$scratch/none" >"$scratch/log"
    [ ! -e "$scratch/none" ] || fail "add_subdirectory: installs something"
}

install_and_move
the_command_works
by_pkg_config
by_pkg_config_static
by_find_package shared artstore::ingest ""
by_find_package static artstore::ingest-static static
by_add_subdirectory
echo "consumer: all ways work"
