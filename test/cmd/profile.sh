#!/usr/bin/env bash
# profile: a program whose allocation is known is profiled, its profile turned
# into every format, and each read by the tool that the format belongs to.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

sites=$programs/sites
export GOFLAGS=-mod=mod HOME=$PWD PPROF_TMPDIR=$PWD

# Every allocation is a sample, so all figures are exact: from sites.h.
case_is 'record' 0 "$goalloc" profile record -m -r 1 -o all.pb.gz -- "$sites"
case_is 'show' 0 "$goalloc" profile show all.pb.gz
out_has 'the sum' '^all.pb.gz: 5\.7 MiB in 23011 objects in use; 12\.0 MiB in 31016 allocated$'
out_has 'a call site' '^    2\.9 MiB      3000   50\.3%  site_medium \(sites\.c:[0-9]+\)$'
out_has 'another' '^  937\.5 KiB     20000   16\.1%  site_small \('
holds 'most memory first' test "$(awk '/site_/ { print $5 }' out | tr '\n' ' ')" = \
	'site_medium site_large site_small site_passing '
case_is 'show --alloc' 0 "$goalloc" profile show -a -n 1 all.pb.gz
out_has 'what was allocated' '^    5\.7 MiB      6000   47\.7%  site_medium \('
holds 'as many as wanted' test "$(grep -c site_ out)" = 1
case_is 'show --stacks' 0 "$goalloc" profile show --stacks all.pb.gz
out_has 'objects' '^    2\.9 MiB      3000 objects of 1000 bytes$'
holds 'the callers' bash -c 'grep -A 2 -F "site_medium" out |
	grep -o "site_medium\|play\|main" | tr "\n" " " |
	grep -qx "site_medium play main "'
holds 'lines of 80 columns' awk 'length > 80 { exit 1 }' out

# Folded stacks: our own reader, and the words themselves.
case_is 'folded' 0 "$goalloc" profile convert all.pb.gz -o all.folded
for line in 'main;work;site_small 960000' 'main;play;site_medium 3000000' \
	'main;work;site_large 2000000' 'main;play;site_passing 640'; do
	holds "folded: $line" grep -qE "(^|;)$line\$" all.folded
done
holds 'folded: no other line' test "$(wc -l <all.folded)" = 4
case_is 'folded again' 0 "$goalloc" profile convert all.folded --to folded
holds 'folded: read back' cmp out all.folded
case_is 'folded, allocated' 0 "$goalloc" profile convert --to folded -a all.pb.gz
out_has 'folded, allocated' ';play;site_passing 2560640$'

# go tool pprof, on pb and legacy.
for kind in pb.gz heap; do
	case_is "$kind" 0 "$goalloc" profile convert all.pb.gz -o "copy.$kind"
	for index in inuse_space:3000000B inuse_objects:3000B \
		alloc_space:6000000B alloc_objects:6000B; do
		case_is "pprof of $kind" 0 bash -c 'go tool pprof -top -unit=B \
			-nodefraction=0 -sample_index="$0" "$1" 2>/dev/null' \
			"${index%:*}" "copy.$kind"
		out_has "pprof: ${index%:*} of $kind" "^ *${index#*:} .* site_medium\$"
	done
done
case_is 'pb with names' 0 "$goalloc" profile convert -s all.pb.gz -o named.pb.gz
case_is 'pprof finds lines' 0 bash -c 'go tool pprof -lines -top \
	-nodefraction=0 named.pb.gz 2>/dev/null'
out_has 'pprof finds lines' 'site_medium .*sites\.c:[0-9]+$'

# google-pprof, on legacy.
case_is 'google-pprof' 0 bash -c 'google-pprof --text --show_bytes "$0" \
	copy.heap 2>/dev/null' "$sites"
out_has 'google-pprof: a site' '^ *3000000 +50\.3% .* site_medium$'
out_has 'google-pprof: the sum' '^Total: 5960640 B$'

# ms_print and heaptrack_print.
case_is 'massif' 0 "$goalloc" profile convert all.pb.gz -o all.massif
case_is 'ms_print' 0 ms_print all.massif
out_has 'ms_print: the sum' '^100\.00% \(5,960,640B\) \(heap allocation functions\)'
out_has 'ms_print: a site' '^->50\.33% \(3,000,000B\) 0x[0-9A-F]+: site_medium \(.*sites\.c:[0-9]+\)$'
out_has 'ms_print: its caller' '^\| ->50\.33% \(3,000,000B\) 0x[0-9A-F]+: play '
case_is 'heaptrack' 0 "$goalloc" profile convert all.pb.gz -o all.heaptrack
case_is 'heaptrack_print' 0 heaptrack_print all.heaptrack
out_has 'heaptrack_print: calls' '^calls to allocation functions: 31016 '
out_has 'heaptrack_print: peak' '^peak heap memory consumption: 5\.96M$'
out_has 'heaptrack_print: in use' '^total memory leaked: 5\.96M$'
out_has 'heaptrack_print: temporary' '^temporary memory allocations: [01] '
holds 'heaptrack_print: a site' bash -c 'grep -A 1 "^6000 calls to allocation \
functions with 3.00M peak" out | grep -qx site_medium'

# From legacy back: nothing is lost.
case_is 'legacy back' 0 "$goalloc" profile convert copy.heap --to folded
holds 'legacy: read back' cmp out all.folded
case_is 'text of the library' 0 "$goalloc" profile record -m -r 1 -o own.heap -- \
	"$sites"
case_is 'text of the library' 0 "$goalloc" profile convert own.heap --to folded
holds 'text of the library' cmp out all.folded

# The library's own heap, sampled as the program's own malloc was.
case_is 'record the library' 0 "$goalloc" profile record -r 1 -o lib.pb.gz -- \
	"$sites"
case_is 'show it' 0 "$goalloc" profile show lib.pb.gz
out_has 'the same call site' '^    2\.9 MiB      3000   50\.[0-9]%  site_medium \('
out_has 'large objects' '^    1\.9 MiB        10   33\.[0-9]%  site_large \('
case_is 'a peak' 0 "$goalloc" profile record -p -r 1 -o top.pb.gz -- "$sites"
case_is 'show the peak' 0 "$goalloc" profile show top.pb.gz
out_has 'the peak' '^top\.pb\.gz: 5\.[78] MiB in 2[23][0-9]{3} objects in use; '
holds 'no other file' bash -c '! ls top.*.exit.pb.gz 2>/dev/null'
case_is 'at an interval' 0 "$goalloc" profile record -i 1 -o often.pb.gz -- \
	sleep 1.3
holds 'at an interval' bash -c 'ls often.*.i0001.pb.gz >/dev/null'

# Two runs: addresses differ, functions do not.
case_is 'another run' 0 "$goalloc" profile record -m -r 1 -o more.pb.gz -- \
	"$sites" more
case_is 'diff' 0 "$goalloc" profile diff -o diff.pb.gz all.pb.gz more.pb.gz
out_has 'what has grown' '^    \+2\.9 MiB      \+3000  site_medium$'
out_has 'in all' '^    \+2\.9 MiB      \+3000  in all$'
holds 'nothing else has' test "$(wc -l <out)" = 3
case_is 'folded, both' 0 "$goalloc" profile diff -o diff.folded all.pb.gz more.pb.gz
holds 'folded, both' grep -q ';play;site_medium 3000000 3000000$' diff.folded
holds 'folded, grown' grep -q ';main;site_medium 0 3000000$' diff.folded
case_is 'less' 0 "$goalloc" profile diff more.pb.gz all.pb.gz
out_has 'what has shrunk' '^    -2\.9 MiB      -3000  site_medium$'
case_is 'pprof of a difference' 0 bash -c 'go tool pprof -top -unit=B \
	diff.pb.gz 2>/dev/null'
out_has 'pprof of a difference' '^ *3000000B .* site_medium$'

# A series: massif's and heaptrack's time goes on.
case_is 'a series' 0 "$goalloc" profile convert all.pb.gz more.pb.gz --to massif
holds 'two snapshots and the start' test "$(grep -c '^snapshot=' out)" = 3
holds 'the last is the peak' test "$(grep '^heap_tree' out | tr '\n' ' ')" = \
	'heap_tree=empty heap_tree=detailed heap_tree=peak '
holds 'time goes on' bash -c 'sed -n s/^time=//p out | sort -nuc'
cp out series.massif
case_is 'ms_print of a series' 0 ms_print series.massif
case_is 'one profile in time' 0 "$goalloc" profile convert all.pb.gz all.pb.gz \
	-o twice.heaptrack
case_is 'heaptrack_print of a series' 0 heaptrack_print twice.heaptrack
out_has 'nothing happens twice' '^calls to allocation functions: 31016 '

# Exit statuses, children, other allocators.
case_is "the command's status" 3 "$goalloc" profile record -m -o x.pb.gz -- "$sites" fail
case_is 'a signal' 143 -e 'no profile came of it' "$goalloc" profile record \
	-m -o y.pb.gz -- sh -c 'kill $$'
case_is 'no such command' 127 -e '^goalloc profile record: there is no command nothing$' \
	"$goalloc" profile record -- nothing
case_is 'children' 0 -e '^goalloc profile record: its children have written 2 profiles: kids\.\*\.exit\.pb\.gz$' \
	"$goalloc" profile record -m -o kids.pb.gz -- bash -c "$sites & $sites; wait"
