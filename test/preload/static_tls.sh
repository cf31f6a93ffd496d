#!/usr/bin/env bash
# The library takes at most 64 bytes of the static TLS, which is all there is
# left for a library that is loaded by dlopen, and needs nothing but libc.
# case: tls exit 0
# case: needed exit 0
set -eu

case $1 in
tls)
	size=$(readelf -lW "$GOALLOC_LIB" |
		awk '$1 == "TLS" { print strtonum($6) }')
	((size > 0 && size <= 64)) || echo "$size bytes of TLS" >&2
	readelf -dW "$GOALLOC_LIB" | grep -q STATIC_TLS ||
		echo "not initial-exec" >&2
	;;
needed)
	needed=$(readelf -dW "$GOALLOC_LIB" | grep -o '(NEEDED).*\[.*\]' |
		sed 's/.*\[\(.*\)\]/\1/' | tr '\n' ' ')
	test "$needed" = "libc.so.6 " || echo "it needs: $needed" >&2
	;;
esac
