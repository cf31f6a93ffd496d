# shellcheck shell=bash
# redis under redis-benchmark's whole suite, with two I/O threads, eviction,
# append-only file and active expiry.
# set: long
redis_start()
{
	for _ in 1 2 3; do
		port=$(port_free)
		server_start redis-server --bind 127.0.0.1 --port "$port" \
			--save '' --io-threads 2 --appendonly yes \
			--appendfsync no --maxmemory 80mb \
			--maxmemory-policy allkeys-lru --dir "$PWD"
		if server_wait redis-cli -p "$port" ping; then
			return
		fi
	done
	return 1
}

run()
{
	redis_start
	under_test redis-benchmark -p "$port" -q -c 50 -n 40000 -r 40000 \
		-d 300 -P 16 --csv | cut -d , -f 1
	redis-cli -p "$port" dbsize >size
	redis-cli -p "$port" debug digest >/dev/null || true
	redis-cli -p "$port" bgrewriteaof
	for _ in {1..200}; do
		redis-cli -p "$port" info persistence |
			grep -q '^aof_rewrite_in_progress:0' && break
		sleep 0.05
	done
	redis-cli -p "$port" info persistence |
		grep -o '^aof_last_bgrewrite_status:[a-z]*'
	server_stop
	redis_start
	redis-cli -p "$port" dbsize | cmp - size && echo "all keys are back"
	server_stop
}
