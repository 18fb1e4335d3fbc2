# shellcheck shell=bash
# Gates on single files, as text. Sourced by cmake/check.sh.

# Releases of clang-format disagree; this one decides.
format_release=14

gate_format() {
    need clang-format || return
    local release
    release=$(clang-format --version | sed 's/.*version \([0-9]*\).*/\1/')
    if [ "$release" != $format_release ]; then
        echo "note: not judged: clang-format $format_release decides," \
            "this is $release"
        return 0
    fi
    c_files | with_paths clang-format --dry-run -Werror 2>&1 |
        grep -E '^[^ ].*: error:' |
        sed 's/: error: .*/: not formatted; run clang-format -i/' |
        sort -u -t: -k1,1
}

gate_columns() {
    # shellcheck disable=SC2016 # the program is for perl
    c_files | with_paths perl -CSD -ne '
        chomp;
        print "$ARGV:$.: ", length, " columns\n" if length > 80;
        close ARGV if eof;'
}

# Public headers are the manual and may be longer; so may tables in tests.
gate_sizes() {
    c_files lib cli server examples bench | grep '\.c$' |
        with_paths wc -l | awk '
            $2 == "total" { next }
            $1 > 450 { print $2 ": " $1 " lines; 450 is the most, 350 good" }
            $1 > 350 && $1 <= 450 { print "note: " $2 ": " $1 " lines" }'
    {
        product_files | grep '\.c$' |
            with_paths perl "$HERE/functions.pl" --share 98 --under 80 --max 120
        c_files tests | grep '\.c$' |
            with_paths perl "$HERE/functions.pl" --max 120
    }
}

gate_banned() {
    c_files | with_paths perl "$HERE/banned.pl" "$HERE/banned.txt"
}

gate_quiet() {
    c_files lib | with_paths perl "$HERE/banned.pl" "$HERE/quiet.txt"
}

gate_tls() {
    product_files | grep -v '^lib/wire/\(http\|redis_tls\)' |
        with_paths grep -HnE 'SSL_VERIFY(PEER|HOST)' |
        sed 's/:[^:]*$/: only lib\/wire\/{http*,redis_tls}.c decide on this/'
    c_files | with_paths grep -HnE 'SSL_VERIFY(PEER|HOST), *(0|false)' |
        sed 's/$/: certificates are always checked/'
}

# Words that say "not finished"; the pattern must not find itself.
gate_open_ends() {
    all_files | grep -v "^$HERE/\|^tests/checks/" |
        with_paths grep -HnIwE 'TOD[O]|FIXM[E]|XX[X]|HAC[K]'
}

gate_paths() {
    all_files | grep -v "^$HERE/\|^tests/checks/" |
        with_paths grep -HnIE '(^|[^[:alnum:]_.$}>])/(work|home|root)/' |
        sed 's/$/: a path of one machine/'
    all_files | grep '\.md$' | with_paths grep -HnE '(^|[^[:alnum:]_$}])/tmp/' |
        sed 's/$/: documents name no temporary folder/'
}
