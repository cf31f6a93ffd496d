#!/usr/bin/env bash
# leaks: what a program has lost is listed, and nothing that it can reach.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

# leaks STATUS ARGUMENT...: runs goalloc leaks; what it says is in `err`.
leaks() {
	local wanted=$1 status=0
	shift
	timeout 60 "$goalloc" leaks "$@" >out 2>err </dev/null || status=$?
	holds "exit status of $*" test "$status" = "$wanted"
}

# said NAME REGEX: a line of what it said matches.
said() {
	holds "$1: $(head -n 3 err)" grep -qE -- "$2" err
}

leaks 0 -- "$programs/losers"
# A word that is left over somewhere may keep one object, or what it leads to.
said 'the sum' '^process [0-9]+, .*/losers: 11[0-4]\.[0-9] KiB in (149[0-9]|150[0-2]) objects lost, of [0-9]+ allocated$'
said 'lost one by one' '^ +97\.[0-9] KiB +(99[0-9]|1000) objects of 100 bytes$'
said 'a list' '^ +15\.[0-9] KiB +(49[0-9]|500) objects of 32 bytes$'
holds 'a cycle' test "$(grep -cE '^ +300 B +1 object of 300 bytes$' err)" = 2
holds 'nothing else' test "$(grep -cE ' objects? of ' err)" = 4
holds 'what is reachable is not listed' bash -c '! grep -q keep err'
said 'the call site' '^ +lose \(losers\.c:[0-9]+\)$'
said 'its caller' '^ +main \(losers\.c:[0-9]+\)$'
holds 'lines of 80 columns' awk 'length > 80 && !/^process/ { exit 1 }' err

leaks 7 --error-exitcode 7 -n 1 -- "$programs/losers"
holds 'as many stacks as wanted' test "$(grep -c ' objects of ' err)" = 1
leaks 5 --error-exitcode=7 -- "$programs/losers" status
leaks 0 --error-exitcode 7 -- "$programs/holder" 100 100
said 'nothing is lost' '^process [0-9]+, .*/holder: 0 B in 0 objects lost, '
leaks 0 -o kept -- bash -c "$programs/losers; true"
holds 'a child too' test "$(grep -c '^process .*/losers: 11' err)" = 1
holds 'profiles are kept' bash -c 'ls kept.*.leaks.pb.gz >/dev/null'
holds 'no others' bash -c '! ls kept.*.exit.pb.gz 2>/dev/null'
leaks 0 -r 4KiB -- "$programs/losers"
said 'a sample' '^process [0-9]+, .*/losers: [0-9.]+ KiB in [0-9]+ objects lost'
holds 'no folder is left behind' bash -c '! ls -d "${TMPDIR:-/tmp}"/goalloc-leaks.*'

leaks 134 -- "$programs/losers" abort
said 'no exit' '^goalloc leaks: nothing could be found out: the program ended by _exit or a signal,'
case_is 'no such command' 127 -e '^goalloc leaks: there is no command nothing$' \
	"$goalloc" leaks -- nothing
case_is 'no command' 2 -e '^goalloc leaks: a command is missing; see ' \
	"$goalloc" leaks -n 3
case_is 'a bad status' 2 -e '^goalloc leaks: bad --error-exitcode "0": it is a number from 1 to 255; ' \
	"$goalloc" leaks --error-exitcode 0 true
case_is 'a bad rate' 2 -e '^goalloc leaks: bad --rate "x": it is bytes, 1 or more, as 64KiB; ' \
	"$goalloc" leaks --rate x true
case_is 'in a line' 0 -e '^goalloc: unreachable: 1[01][0-9]{4} bytes in 1[45][0-9]{2} objects; GOALLOC=profile=PREFIX lists call sites$' \
	env GOGC=1000 GODEBUG=memprofilerate=1 GOALLOC=unreachable=report,free=now \
	LD_PRELOAD="$GOALLOC_LIB" "$programs/losers"
