# shellcheck shell=bash
# redis under redis-benchmark's whole suite, with two I/O threads, eviction,
# append-only file and active expiry.
# set: long
# An error, such as "still loading", is no failure of redis-cli's.
is_ready()
{
	[[ $(redis-cli -p "$port" ping) == PONG ]]
}

# $1: the memory it may use; what is over is evicted.
redis_start()
{
	for _ in 1 2 3; do
		port=$(port_free)
		server_start redis-server --bind 127.0.0.1 --port "$port" \
			--save '' --io-threads 2 --appendonly yes \
			--appendfsync no --auto-aof-rewrite-percentage 0 \
			--maxmemory "$1" \
			--maxmemory-policy allkeys-lru --dir "$PWD"
		if server_wait is_ready; then
			return
		fi
	done
	return 1
}

run()
{
	redis_start 40mb
	under_test redis-benchmark -p "$port" -q -c 50 -n 40000 -r 40000 \
		-d 300 -P 16 --csv | cut -d , -f 1
	redis-cli -p "$port" config set maxmemory 0
	redis-cli -p "$port" info stats | grep -c "^evicted_keys:[1-9]"
	redis-cli -p "$port" dbsize >size
	redis-cli -p "$port" bgrewriteaof
	for _ in {1..200}; do
		redis-cli -p "$port" info persistence |
			grep -q '^aof_rewrite_in_progress:0' && break
		sleep 0.05
	done
	redis-cli -p "$port" info persistence |
		grep -o '^aof_last_bgrewrite_status:[a-z]*'
	server_stop
	redis_start 0
	redis-cli -p "$port" dbsize | cmp - size && echo "all keys are back"
	server_stop
}
