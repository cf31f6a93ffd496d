#!/usr/bin/env bash
# Programs run in little address space: /bin/true in 8 MB, and others in what
# they need under glibc and a little more.
# case: true exit 0
# case: sort exit 0
set -eu

case $1 in
true)
	ulimit -v 8192
	LD_PRELOAD=$GOALLOC_LIB /bin/true
	;;
sort)
	seq 20000 >numbers
	ulimit -v 65536
	LD_PRELOAD=$GOALLOC_LIB sort -r --parallel=1 numbers >sorted
	test "$(head -n 1 sorted)" = 9999
	test "$(wc -l <sorted)" = 20000
	;;
esac
