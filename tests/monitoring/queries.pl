#!/usr/bin/perl
# Do the metrics and labels of queries exist?
#
#   queries.pl METRICS < QUERIES
#
# METRICS is Prometheus' text. A query is a line: where it stands, a tab, the
# expression, a tab, what is said of it ({{label}} or $labels.label). Says what
# is wrong, one line each, and how many were right.
use strict;
use warnings;

my (%labels, %values);    # metric -> label -> 1; metric -> label -> value -> 1

sub read_metrics {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    while (<$in>) {
        next unless /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/;
        my ($name, $list) = ($1, $2 // '');
        $labels{$name} //= {};
        while ($list =~ /(\w+)="((?:[^"\\]|\\.)*)"/g) {
            $labels{$name}{$1} = 1;
            $values{$name}{$1}{$2} = 1;
        }
    }
    close $in;
}

my $target   = qr/^(?:job|instance)$/;    # Prometheus adds these
my $grouping = qr/by|without|on|ignoring|group_left|group_right/;
my $words    = qr/sum|min|max|avg|count|and|or|unless|bool|offset/;
my $name     = qr/[a-zA-Z_:][\w:]*/;
my $token    = qr/\b$grouping\s*\((?<group>[^)]*)\)
    | $name\s*\(           # a function
    | \b(?:$words)\b
    | (?<metric>$name)(?:\{(?<matchers>[^}]*)\})?
    | [\d.]+/x;

sub check_selector {
    my ($metric, $matchers) = @_;
    my @wrong;
    return "no metric $metric" unless $labels{$metric};
    while ($matchers =~ /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g) {
        my ($label, $value) = ($1, $3);
        next if $label =~ $target;
        if (!$labels{$metric}{$label}) {
            push @wrong, "$metric has no label $label";
            next;
        }
        for my $one (split /\|/, $value) {
            push @wrong, "$metric has no $label=\"$one\""
                unless $one =~ /\$/ || $values{$metric}{$label}{$one};
        }
    }
    return @wrong;
}

sub check_query {
    my ($expression, $said) = @_;
    my (@wrong, @wanted, %known);
    my $metrics = 0;
    if ($expression =~ /^label_values\((.*),\s*(\w+)\)$/) {
        $expression = $1;
        push @wanted, $2;
    }
    $expression =~ s/\[[^\]]*\]//g;    # ranges
    while ($expression =~ /$token/g) {
        if (defined $+{group}) {
            push @wanted, split /\s*,\s*/, $+{group};
        } elsif (defined $+{metric}) {
            my ($metric, $matchers) = ($+{metric}, $+{matchers} // '');
            $metrics++;
            push @wrong, check_selector($metric, $matchers);
            $known{$_} = 1 for keys %{ $labels{$metric} // {} };
        }
    }
    push @wrong, 'no metric at all' unless $metrics;
    push @wanted, $1 // $2
        while $said =~ /\{\{\s*(\w+)\s*\}\}|\$labels\.(\w+)/g;
    for my $label (grep { !/$target/ } @wanted) {
        push @wrong, "no metric here has a label $label" unless $known{$label};
    }
    return @wrong;
}

read_metrics(shift @ARGV);
my ($good, $bad) = (0, 0);
while (<STDIN>) {
    chomp;
    my ($where, $expression, $said) = split /\t/;
    my @wrong = check_query($expression, $said // '');
    print "$where: $_\n" for @wrong;
    @wrong ? $bad++ : $good++;
}
print "$good queries are right\n";
exit($bad || !$good ? 1 : 0);
