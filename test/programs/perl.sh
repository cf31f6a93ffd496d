# shellcheck shell=bash
# perl: hashes of arrays, string growth, regular expressions, sorting, closures,
# a child process and threads of data through pack.
# set: quick
prepare()
{
	text_make 25000 11 >words.txt
	cat >work.pl <<'END'
use strict; use warnings; use Digest::SHA qw(sha1_hex);
use Data::Dumper; $Data::Dumper::Sortkeys = 1; $Data::Dumper::Indent = 1;
my (%lines, %count);
open my $in, '<', "$ARGV[0]/words.txt" or die;
while (<$in>) {
	my ($id, @w) = split;
	push @{$lines{$_}}, $id for @w;
	$count{length $_}++ for @w;
}
print "words ", scalar(keys %lines), "\n";
my @top = (sort { @{$lines{$b}} <=> @{$lines{$a}} || $a cmp $b }
	keys %lines)[0 .. 4];
printf "%s %d\n", $_, scalar @{$lines{$_}} for @top;
my $dump = Dumper(\%count);
print sha1_hex($dump), "\n";
my $s = '';
$s .= chr(97 + $_ % 26) x ($_ % 7) for 1 .. 300000;
my $n = () = $s =~ /([aeiou])\1+/g;
$s =~ s/([b-d]+)/<$1>/g;
print "string ", length($s), " $n ", sha1_hex($s), "\n";
my @subs = map { my $k = $_; sub { $k * $_[0] } } 1 .. 20000;
my $sum = 0; $sum += $_->(3) for @subs;
print "closures $sum\n";
my @sorted = sort { $a->[1] <=> $b->[1] || $a->[0] <=> $b->[0] }
	map { [$_, ($_ * 7919) % 10007] } 1 .. 40000;
print "sorted $sorted[0][0] $sorted[-1][0]\n";
print sha1_hex(join ',', unpack 'N*', pack 'N*', 1 .. 100000), "\n";
print `echo from a child`;
printf "status %d\n", system('sh', '-c', 'exit 3') >> 8;
END
}
run()
{
	PERL_HASH_SEED=0 under_test perl "$INPUT/work.pl" "$INPUT"
}
