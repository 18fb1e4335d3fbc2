# shellcheck shell=bash
# Debian's packages (12 and 13) that building and testing need, and how to
# get those that are missing. Sourced by tests/run.sh and the quick start.

package_is_installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
        grep -qx installed
}

missing_packages() { # package...
    local package
    for package in "$@"; do
        package_is_installed "$package" || echo "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "packages: neither root nor sudo; as root, run: $*" >&2
        return 1
    fi
}

# What it prints is shown only if it fails.
apt() {
    local output
    output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
        -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@" \
        </dev/null 2>&1) || {
        printf '%s\n' "$output" >&2
        return 1
    }
}

# libclang-rt-CLANG-dev becomes libclang-rt-14-dev on Debian 12.
resolve_clang() { # package...
    local release
    release=$(apt-cache depends clang 2>/dev/null |
        sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
    printf '%s\n' "${@//CLANG/${release:-14}}"
}

# Install those that are missing; touches nothing if all are there.
install_packages() { # package...
    local wanted missing
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null
    then
        echo "packages: not a Debian system; if something is missing," \
            "install what corresponds to: $*" >&2
        return 0
    fi
    mapfile -t wanted < <(resolve_clang "$@")
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "packages: installing ${missing[*]}" >&2
    apt update || echo "packages: the lists are not up to date" >&2
    # Only now are the names known for certain, on a system without lists.
    mapfile -t wanted < <(resolve_clang "$@")
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    apt install --no-install-recommends "${missing[@]}" || {
        echo "packages: could not install ${missing[*]}" >&2
        return 1
    }
}

# The package's file, into the current folder; needs no root.
download() { # package
    apt-get -qq -o Acquire::Retries=3 download "$1" </dev/null >/dev/null 2>&1
}

# Where install_promtool() puts it.
promtool_folder=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)/build/tools

# promtool comes in the package prometheus, which would start a service: only
# the program is taken out of it, and nothing is installed.
install_promtool() {
    local folder
    ! command -v promtool >/dev/null || return 0
    [ ! -x "$promtool_folder/promtool" ] || return 0
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        echo "packages: promtool is missing; it is part of Prometheus" >&2
        return 0
    fi
    echo "packages: taking promtool out of prometheus" >&2
    mkdir -p "$promtool_folder" && folder=$(mktemp -d) || return 1
    if ! (cd "$folder" && { download prometheus ||
        { apt update && download prometheus; }; } &&
        dpkg-deb --fsys-tarfile prometheus_*.deb |
        tar -x --no-same-owner ./usr/bin/promtool &&
        mv usr/bin/promtool "$promtool_folder/promtool"); then
        rm -rf "$folder"
        echo "packages: could not get promtool" >&2
        return 1
    fi
    rm -rf "$folder"
}

# What the library and its programs are built with.
install_build_packages() {
    install_packages gcc libc6-dev cmake ninja-build pkgconf \
        libcurl4-openssl-dev libcjson-dev libssl-dev libhiredis-dev
}

# What tests and gates need beyond that. CLANG stands for the release that the
# package clang depends on. Redis' server is in redis-tools, under the name
# redis-check-rdb: the package redis-server would start a service on top.
install_test_packages() {
    install_packages g++ check clang clang-tidy clang-format \
        libclang-rt-CLANG-dev cppcheck shellcheck valgrind libc6-dbg git curl jq \
        redis-tools &&
        install_promtool
}
