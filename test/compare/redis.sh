#!/bin/sh
# redis.sh: a redis-server that is filled, half emptied, and ended; it prints
# the number of keys.  On a socket of its own, so that nothing is in its way.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
redis-server --port 0 --unixsocket "$dir/socket" --dir "$dir" --save '' \
	--loglevel warning >/dev/null &
server=$!
ask() {
	redis-cli -s "$dir/socket" "$@"
}
for _ in $(seq 200); do
	ask ping >/dev/null 2>&1 && break
	sleep 0.05
done
ask eval "for i = 1, 200000 do
	redis.call('set', 'k:' .. i, string.rep('x', 50 + i % 200)) end" \
	0 >/dev/null
ask eval "for i = 1, 200000, 2 do redis.call('del', 'k:' .. i) end" \
	0 >/dev/null
ask dbsize
ask shutdown nosave >/dev/null || true
wait "$server"
