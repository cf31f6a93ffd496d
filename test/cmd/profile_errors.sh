#!/usr/bin/env bash
# profile_errors: what is no profile, and command lines that mean nothing.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

profile=("$goalloc" profile)
say='^goalloc profile'
printf 'main;f 10\n' >good.folded

case_is 'nothing' 2 -e "$say: what to do is missing; see goalloc profile --help\$" \
	"${profile[@]}"
case_is 'an unknown word' 2 -e "$say: \"frob\" is neither a process number nor record, " \
	"${profile[@]}" frob
for word in record convert diff show; do
	case_is "$word --help" 0 "${profile[@]}" $word --help
	out_has "$word --help" "^usage: goalloc profile $word "
	holds "$word: lines of 80 columns" awk 'length > 80 { exit 1 }' out
	case_is "$word, an unknown option" 2 -e "$say $word: unknown option --frob; see goalloc profile $word --help\$" \
		"${profile[@]}" $word --frob
	case_is "$word of nothing" 2 -e "$say $word: .* missing; see " \
		"${profile[@]}" $word
done

# bad NAME REGEX: the file `bad` is refused with these words.
bad() {
	case_is "$1" 1 -e "$say show: bad is no heap profile: $2\$" \
		"${profile[@]}" show bad
}
: >bad
bad 'an empty file' 'it is empty'
printf 'hello world\n' >bad
bad 'a text' "it is a text, but neither gperftools' nor folded stacks"
printf 'heap profile: x\n' >bad
bad 'a header without numbers' 'its header has no four numbers'
printf 'heap profile: 1: 2 [ 3: 4 ] @ growth\n' >bad
bad 'another kind' 'its header names an unknown kind'
printf 'heap profile: 1: 2 [ 3: 4 ] @ heapprofile\nx\n' >bad
bad 'a bad row' 'a row is not "N: BYTES \[N: BYTES\] @ 0x\.\.\."'
printf 'heap_v2/4096\n  t*: x\n' >bad
bad "a bad row of jemalloc's" 'a row is not "t\*: N: BYTES \[N: BYTES\]"'
head -c 1000 "$goalloc" >bad
bad 'a program' 'it is neither a text nor profile\.proto'
printf '\12\4\10\1\20\2' >bad
bad 'a profile without strings' 'a string is missing'
printf '\62\0\62\3cpu\12\2\10\1' >bad
bad 'of CPU time' 'it has no column inuse_space or alloc_space'
gzip <good.folded >short.gz && head -c 25 short.gz >bad
case_is 'half a gzip' 1 -e "$say show: cannot read bad: " "${profile[@]}" show bad
case_is 'no file' 1 -e "$say show: cannot read none: No such file or directory\$" \
	"${profile[@]}" show none
case_is 'a folder' 1 -e "$say show: cannot read /: Is a directory\$" \
	"${profile[@]}" show /

convert=("${profile[@]}" convert)
case_is 'no format' 2 -e "$say convert: which format\\? say --to " \
	"${convert[@]}" good.folded
case_is 'an unknown format' 2 -e "$say convert: unknown format \"svg\": there are pb, " \
	"${convert[@]}" --to svg good.folded
case_is 'two for one' 2 -e "$say convert: only massif and heaptrack take more than one profile; " \
	"${convert[@]}" --to folded good.folded good.folded
case_is 'no addresses' 1 -e "$say convert: the legacy format holds addresses, " \
	"${convert[@]}" --to legacy good.folded
case_is 'nothing allocated' 1 -e "$say convert: good\\.folded does not say what was allocated" \
	"${convert[@]}" -a --to folded good.folded
case_is 'nowhere to write' 1 -e "$say convert: cannot write none/x\\.folded: No such file or directory\$" \
	"${convert[@]}" good.folded -o none/x.folded
case_is 'a full disk' 1 -e "$say convert: cannot write to stdout: No space left on device\$" \
	bash -c 'exec "$@" >/dev/full' - "${convert[@]}" --to folded good.folded
holds 'nothing is left behind' test "$(find . -name 'x.*' | wc -l)" = 0
case_is 'a third profile' 2 -e "$say diff: \"c\" is too much: " \
	"${profile[@]}" diff a b c
case_is 'a bad rate' 2 -e "$say record: bad --rate \"0\": it is bytes, 1 or more, as 64KiB; see " \
	"${profile[@]}" record -r 0 true
case_is 'a comma' 2 -e "$say record: bad --output \"a,b\": a comma ends an option" \
	"${profile[@]}" record -o a,b true
case_is 'a process without profiling' 1 -e "$say: process $$ does not answer \\(Connection refused\\): start it with goalloc run --profile PREFIX\$" \
	"${profile[@]}" $$

# Other tools' texts.  Rows of sampled kinds stand for more than they say.
cat >sampled.heap <<'END'
heap profile:  2:  2000 [  4:  4000] @ heap_v2/1000
  2:  2000 [  4:  4000] @ 0x1001 0x2001

MAPPED_LIBRARIES:
1000-3000 r-xp 00000000 00:00 0 /nowhere/program
END
case_is 'heap_v2' 0 -e 'nowhere/program cannot be read' "${profile[@]}" show -a sampled.heap
out_has 'heap_v2: scaled' '^sampled\.heap: 3\.1 KiB in 3 objects in use; 6\.2 KiB in 6 allocated$'
sed 's|heap_v2/1000|heap/2000|' sampled.heap >go.heap
case_is "Go's" 0 -e 'cannot be read' "${profile[@]}" show go.heap
out_has "Go's: half the rate" '^go\.heap: 3\.1 KiB in 3 objects in use; '
sed 's|heap_v2/1000|heapprofile|; 1s/4000/2000/; 1s/ 4:/ 2:/' sampled.heap >two.heap
case_is 'two columns' 0 -e 'cannot be read' "${profile[@]}" show two.heap
out_has 'two columns' '^two\.heap: 2\.0 KiB in 2 objects in use$'
cat >je.heap <<'END'
heap_v2/1000
  t*: 2: 2000 [0: 0]
  t0: 2: 2000 [0: 0]
@ 0x1001 0x2001
  t*: 2: 2000 [0: 0]
  t0: 2: 2000 [0: 0]

MAPPED_LIBRARIES:
1000-3000 r-xp 00000000 00:00 0 /nowhere/program
END
case_is "jemalloc's" 0 -e 'cannot be read' "${profile[@]}" show je.heap
out_has "jemalloc's" '^je\.heap: 3\.1 KiB in 3 objects in use$'
