#!/bin/bash
#
# stress_programs: the random programs of test/stress, which keep a record of
# every byte, while the collector runs as often as it can.
#
# args: 1 deferred
# args-long: 10 deferred now ignore
# seconds: 1200
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${GOALLOC_BUILD:=$here/../../build}" "${GOALLOC_LIB:=$GOALLOC_BUILD/libgoalloc.so}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
seconds=$1
shift

for mode in "$@"; do
	# oom limits its memory to less than what garbage may take meanwhile.
	GOGC=5 GOALLOC=free=$mode GODEBUG=clobberfree=1,gccheckmark=1 \
		"$here/../stress/run" --preload "$GOALLOC_LIB" \
		--seconds "$seconds" mix prodcons signal forkload >"$log" 2>&1 ||
		{
			echo "free=$mode:"
			grep -v '^ok ' "$log" | head -n 20
			exit 1
		}
done
