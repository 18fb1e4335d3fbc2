#!/usr/bin/env bash
# hardening_test.sh FILE...: programs and shared libraries as they are shipped
# have what the compiler offers against exploits.
set -u
failed=0

# require FILE WHAT PATTERN COMMAND...: its output matches the pattern.
require() {
    local file=$1 what=$2 pattern=$3
    shift 3
    "$@" "$file" | grep -qE "$pattern" || {
        echo "hardening: $file: $what" >&2
        failed=$((failed + 1))
    }
}

# How the functions begin that every such file has one of. (The file's own note
# about it is only there if the C runtime was built so too.)
entries() { # file
    objdump -d "$1" | grep -A1 -E '<(main|se_version)>:$'
}

for file in "$@"; do
    require "$file" 'relocations stay writable' GNU_RELRO readelf -lW
    require "$file" 'symbols are bound late' 'BIND_NOW|Flags:.* NOW' \
        readelf -dW
    require "$file" 'the stack is executable' 'GNU_STACK .* RW ' readelf -lW
    require "$file" 'its address is fixed' 'Type: +DYN' readelf -hW
    require "$file" 'no stack protector' __stack_chk_fail readelf -sW
    require "$file" 'no checked string functions' '_chk@' readelf -sW
    [ "$(uname -m)" != x86_64 ] ||
        require "$file" 'no landing marks for jumps' endbr64 entries
    readelf -dW "$file" | grep -qE '\((RPATH|TEXTREL)\)' && {
        echo "hardening: $file: RPATH or TEXTREL" >&2
        failed=$((failed + 1))
    }
done
echo "hardening: $# files, $failed failed"
[ $failed -eq 0 ]
