#!/usr/bin/perl
# banned.pl RULES FILE...: code that matches a rule, `path:line: what: why`.
use strict;
use warnings;

my $rules_path = shift @ARGV;
my @rules;
open(my $in, '<', $rules_path) or die "$rules_path: $!\n";
while (my $line = <$in>) {
    next if $line =~ /^\s*(#|$)/;
    chomp $line;
    my ($pattern, $allowed, $advice) = split / ; /, $line, 3;
    die "$rules_path:$.: not 'pattern ; allowed ; advice'\n"
        unless defined $advice;
    push @rules, [qr/$pattern/, $allowed eq '-' ? undef : qr/$allowed/,
        $advice];
}
close $in;

# Comments and literals become as many empty lines as they had.
sub code_of {
    my ($text) = @_;
    $text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}
              {my $t = $1; $t =~ tr/\n//cd; length $t ? $t : ' '}gse;
    return $text;
}

my $any = join '|', map { "(?:$_->[0])" } @rules;
$any = qr/$any/;
for my $path (@ARGV) {
    open(my $file, '<', $path) or die "$path: $!\n";
    local $/;
    my $number = 0;
    for my $line (split /\n/, code_of(scalar <$file>)) {
        $number++;
        next unless $line =~ $any;
        for my $rule (@rules) {
            my ($pattern, $allowed, $advice) = @$rule;
            next unless $line =~ /($pattern)/;
            my $found = $1;
            next if defined $allowed && $path =~ $allowed;
            $found =~ s/\s*\($//;
            print "$path:$number: $found: $advice\n";
        }
    }
}
