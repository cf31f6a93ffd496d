#!/bin/bash
#
# real_programs: the programs of test/programs with the collector: the same
# output, status and (empty) stderr as under glibc, with every meaning of
# free(p) and at several rates.
#
# args: python3 xz
# args-long: --long
# seconds: 7200
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${GOALLOC_BUILD:=$here/../../build}" "${GOALLOC_LIB:=$GOALLOC_BUILD/libgoalloc.so}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [[ ${1:-} == --long ]]; then
	rates=(5 50 100)
	modes=(now deferred ignore)
else
	rates=(5)
	modes=(deferred)
fi
variants=()
for rate in "${rates[@]}"; do
	for mode in "${modes[@]}"; do
		variants+=(--env "GOGC=$rate GOALLOC=free=$mode")
	done
done
if ! "$here/../programs/run" --preload "$GOALLOC_LIB" "${variants[@]}" "$@" \
	>"$log" 2>&1; then
	grep -v '^ok ' "$log" | head -n 40
	exit 1
fi
