#!/usr/bin/env bash
# doctor: what a sandbox or a limit forbids is found, by its effect.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

# A machine that runs these tests may itself lack something: 0 or 1.
"$goalloc" doctor >plain 2>err
plain=$?
holds 'exit status' test $plain -le 1
holds 'it agrees with the count' test $plain = \
	"$(awk '/that bite$/ { print ($6 > 0) }' plain)"
holds 'nothing on stderr' test ! -s err
holds 'lines of 80 columns' awk 'length > 80 && !/library/ { exit 1 }' plain

# denied NAME VERDICT CALL: with the call forbidden the line of NAME says so.
denied() {
	timeout 60 "$programs/deny" "$3" "$goalloc" doctor >out 2>err
	out_has "without $3" "^  $2 +$1 "
}
denied userfaultfd note userfaultfd
denied membarrier note membarrier
denied tgkill bites tgkill
denied process_vm_readv bites process_vm_readv
denied close_range note close_range
denied seccomp note close_range
denied snapshot note clone
timeout 60 "$programs/deny" -k userfaultfd "$goalloc" doctor >out 2>err
out_has 'a sandbox that kills' '^  note +userfaultfd +a sandbox kills the caller'

case_is 'address space' 1 bash -c 'ulimit -v 200000; exec "$0" doctor -q' \
	"$goalloc"
out_has 'address space' '^  bites +RLIMIT_AS +195.3 MiB: '
out_has 'what to do' '^ +-> raise it'
holds 'quiet leaves out what is ok' bash -c '! grep -q "^  ok" out'
case_is 'LD_PRELOAD of another' $plain env LD_PRELOAD=libm.so.6 "$goalloc" doctor
out_has 'LD_PRELOAD of another' '^  note +LD_PRELOAD +libm\.so\.6: '

mkdir -p bin lib
cp "$goalloc" bin/
case_is 'no library' 1 bin/goalloc doctor --quiet
out_has 'no library' '^  bites library +it is not there$'
case_is 'no library to run with' 125 -e '^goalloc run: there is no libgoalloc\.so beside this command nor in its \.\./lib: name it by --lib$' \
	bin/goalloc run true
if unshare -m true 2>/dev/null; then
	case_is 'no /proc' 1 unshare -m sh -c 'umount -l /proc && exec "$0" \
		doctor' "$goalloc"
	out_has 'no /proc' '^  bites /proc +No such file or directory$'
	out_has 'no /proc, but the library' '^  ok +library '
fi
echo 'not a library' >lib/libgoalloc.so
case_is 'a broken library' 1 bin/goalloc doctor
out_has 'a broken library' '^  bites +library .*does not load'
case_is 'too much' 2 -e '^goalloc doctor: "x" is too much; see ' \
	"$goalloc" doctor x
