#!/usr/bin/perl
# functions.pl [--share P --under N] --max M FILE...: functions that are
# longer than M lines, and whether P percent are under N. It reads the
# layout that clang-format makes: a function's braces stand in column 1.
use strict;
use warnings;

my %limit;
while (@ARGV && $ARGV[0] =~ /^--(share|under|max)$/) {
    shift @ARGV;
    $limit{$1} = shift @ARGV;
}

my (@long, $name, $start);
my ($count, $under) = (0, 0);
for my $path (@ARGV) {
    open(my $file, '<', $path) or die "$path: $!\n";
    while (my $line = <$file>) {
        $name = $1 if $line =~ /^[A-Za-z_].*?([A-Za-z_]\w*)\(/;
        $start = $. if $line =~ /^\{$/;
        next unless $line =~ /^\}$/ && defined $start;
        my $length = $. - $start + 1;
        $count++;
        if (defined $limit{under} && $length >= $limit{under}) {
            push @long, "$path:$start: $name: $length lines";
        } else {
            $under++;
        }
        print "$path:$start: $name: $length lines; $limit{max} is the most\n"
            if $length > $limit{max};
        undef $start;
    }
    close $file;
}

if (defined $limit{share} && $under * 100 < $count * $limit{share}) {
    printf "%d of %d functions are under %d lines; %d %% should be:\n",
        $under, $count, $limit{under}, $limit{share};
    print "$_\n" for @long;
}
