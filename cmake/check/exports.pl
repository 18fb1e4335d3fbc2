#!/usr/bin/perl
# exports.pl names HEADER...: the functions that are declared with SE_API.
# exports.pl documented HEADER...: those whose comment lacks something.
use strict;
use warnings;

my ($mode, @paths) = @ARGV;

# Names of the parameters of a declaration's inner part.
sub parameters {
    my ($list) = @_;
    my ($depth, $text, @parts) = (0, '');
    for my $char (split //, $list) {
        $depth++ if $char eq '(';
        $depth-- if $char eq ')';
        if ($char eq ',' && !$depth) {
            push @parts, $text;
            $text = '';
        } else {
            $text .= $char;
        }
    }
    my @names;
    for my $part (@parts, $text) {
        $part =~ s/^\s+|\s+$//g;
        next if $part eq 'void' || $part eq '';
        $part =~ s/\[[^\]]*\]//g;
        push @names, $part eq '...' ? '...'
            : $part =~ /\(\s*\*\s*(\w+)\s*\)/ ? $1
            : $part =~ /(\w+)$/ ? $1 : $part;
    }
    return @names;
}

sub missing {
    my ($comment, $list) = @_;
    return ('has no comment directly before it') unless defined $comment;
    my @missing;
    for my $word ('Threads:', 'Blocks:', 'Since:') {
        push @missing, "does not say '$word'" unless $comment =~ /\b$word/;
    }
    my %declared = map { $_ => 1 } parameters($list);
    my %named = map { $_ => 1 }
        $comment =~ /\@param(?:\[(?:in|out|in,out)\])?\s+(\w+|\.\.\.)/g;
    push @missing, map { "has no \@param $_" }
        grep { !$named{$_} } parameters($list);
    push @missing, map { "has no parameter $_, but \@param" }
        grep { !$declared{$_} } sort keys %named;
    return @missing;
}

for my $path (@paths) {
    open(my $file, '<', $path) or die "$path: $!\n";
    my $text = do { local $/; <$file> };
    while ($text =~ /^SE_API\b([^;]*?)(\w+)\s*\(([^;]*)\)[^;()]*;/mg) {
        my ($name, $list, $at) = ($2, $3, $-[0]);
        if ($mode eq 'names') {
            print "$name\n";
            next;
        }
        my $before = substr($text, 0, $at);
        my $line = 1 + ($before =~ tr/\n//);
        my ($comment) = $before =~ m{(/\*(?:(?!\*/).)*\*/)\n\z}s;
        print "$path:$line: $name $_\n" for missing($comment, $list);
    }
}
