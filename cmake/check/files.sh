# shellcheck shell=bash
# Which files the gates look at. Sourced by cmake/check.sh.

# Everything that is or would be committed, one path a line; in a plain copy
# of the tree everything but the build folders.
all_files() {
    local path
    # Also where git is not installed, or trusts the folder's owner not.
    if [ -e .git ] && git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard | sort -u |
            while read -r path; do [ -f "$path" ] && echo "$path"; done
    else
        find . \( -path ./build -o -name .git \) -prune -o -type f -print |
            sed 's|^\./||' | sort
    fi
}

# C files below the folders given, all without.
c_files() { # [folder...]
    all_files | grep -E '\.[ch]$' | below "$@"
}

# What users get, and what measures it: held to every rule. Tests may do more.
product_files() {
    c_files include lib cli server examples bench
}

below() { # [folder...]
    if [ $# -eq 0 ]; then
        cat
    else
        grep -E "^($(
            IFS='|'
            echo "$*"
        ))/"
    fi
}

script_files() {
    all_files | grep -E '(\.sh|^\.ci/run)$'
}

# Run a command with the paths from standard input, if there are any.
with_paths() { # command...
    xargs -r -d '\n' "$@"
}

need() { # command
    command -v "$1" >/dev/null || {
        echo "$1 is not installed; tests/run.sh installs what is missing"
        return 1
    }
}
