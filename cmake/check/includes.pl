#!/usr/bin/perl
# includes.pl layers|third-party RULES FILE...: includes that break the rules.
use strict;
use warnings;

my ($mode, $rules_path, @paths) = @ARGV;
open(my $in, '<', $rules_path) or die "$rules_path: $!\n";
chomp(my @rules = grep { !/^\s*(#|$)/ } <$in>);
close $in;

# Headers of C, POSIX and the kernel: whatever lies in these folders, and all
# that lie in none and are named nowhere in the rules.
my $system_folder = qr{^(?:sys|netinet|arpa|net|linux|bits)/};

my %rank;
@rank{@rules} = (1 .. @rules) if $mode eq 'layers';
my $folder_names = join '|', map { quotemeta } @rules;

# In lib: the whole path, and never downwards; files beside the folders may
# use all of them, and nobody uses those. Outside: nothing of lib.
sub layer_error {
    my ($path, $kind, $name) = @_;
    if ($path !~ m{^lib/}) {
        return "sees only <artstore/...>, not $name of lib"
            if $name =~ m{^(?:(?:\.\./)*lib/)?(?:$folder_names)/};
        return "leaves its folder" if $name =~ m{^\.\./.*lib/};
        return;
    }
    return if $kind eq '<';
    my ($target) = $name =~ m{^([^/]+)/[^/]+$};
    return "says the folder too: \"folder/$name\"" unless defined $target;
    return "$target is no folder of lib" unless $rank{$target};
    my ($own) = $path =~ m{^lib/([^/]+)/};
    return unless defined $own;
    return "$own is not in $rules_path" unless $rank{$own};
    return "$own may not know $target" if $rank{$target} > $rank{$own};
    return;
}

sub third_party_error {
    my ($path, $kind, $name) = @_;
    return if $kind eq '"' || $name =~ $system_folder || $name =~ /^artstore/;
    for my $rule (@rules) {
        my ($header, $files) = split / ; /, $rule, 2;
        next unless $name =~ /$header/;
        return $path =~ /$files/ ? undef : "<$name> has no place here";
    }
    return "<$name> is not in $rules_path" if $name =~ m{/};
    return;
}

my $error_of = $mode eq 'layers' ? \&layer_error : \&third_party_error;
for my $path (@paths) {
    open(my $file, '<', $path) or die "$path: $!\n";
    while (my $line = <$file>) {
        next unless $line =~ /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
        my $error = $error_of->($path, $1, $2);
        print "$path:$.: $error\n" if defined $error;
    }
    close $file;
}
