# shellcheck shell=bash
# redis: redis-server under redis-benchmark's load on the loopback; every type
# of value, CONFIG REWRITE, a save and a restart that must keep every key.
# The server is Debian's own, which links jemalloc and asks for usable sizes.
# set: quick
# An error, such as "still loading", is no failure of redis-cli's.
is_ready()
{
	[[ $(ask ping) == PONG ]]
}

redis_start()
{
	for _ in 1 2 3; do
		port=$(port_free)
		cat >redis.conf <<END
bind 127.0.0.1
port $port
save ""
appendonly no
enable-debug-command yes
END
		server_start redis-server "$PWD/redis.conf"
		if server_wait is_ready; then
			return
		fi
	done
	return 1
}

ask()
{
	redis-cli -h 127.0.0.1 -p "$port" "$@"
}

redis_load()
{
	under_test redis-benchmark -h 127.0.0.1 -p "$port" -q -c 20 -n 12000 \
		-r 4000 -d 100 -P 8 \
		-t set,get,incr,lpush,rpop,sadd,hset,zadd,lrange_100 >bench.out
	awk '{ printf "set k%d value-%d\nhset h%d f%d %d\n", NR, NR * 7919,
		NR % 300, NR, NR }
		NR % 10 == 0 { printf "append s%d \"%s\"\n", NR % 50, $0 }
		NR % 16 == 0 { printf "zadd z%d %d m%d\n", NR % 9, NR, NR }
		NR % 20 == 0 { printf "del k%d\n", NR - 3 }' \
		"$INPUT/words.txt" | ask --pipe | tail -n 1
}

# Calls by command, and sums of what is stored, without times or addresses.
redis_report()
{
	ask info commandstats | tr -d '\r' |
		sed -nE 's/^cmdstat_(get|incr|rpop|lpush|zadd):(calls=[0-9]+).*/\1 \2/p' |
		sort
	for key in s0 s10 k100 k1 z3 h7; do
		ask type "$key"
	done
	ask --no-raw lrange mylist 0 1 | wc -c
	ask strlen s0
	ask zscore z0 m144
	ask hlen h0
	ask eval 'local n = 0
		for i = 1, 9000 do
			local v = redis.call("get", "k" .. i)
			if v then n = n + #v end
		end
		return n' 0
}

prepare()
{
	text_make 9000 3 >words.txt
}

run()
{
	local before

	redis_start
	redis_load
	redis_report
	ask memory purge
	ask config set maxmemory-samples 7
	ask config rewrite
	grep samples redis.conf
	before=$(ask debug digest)
	ask bgsave >bgsave.out
	for _ in {1..100}; do
		ask info persistence | grep -q '^rdb_bgsave_in_progress:0' &&
			break
		sleep 0.05
	done
	ask info persistence | grep -o '^rdb_last_bgsave_status:ok'
	ask dbsize >size.before
	server_stop

	server_start redis-server "$PWD/redis.conf"
	server_wait is_ready
	ask dbsize | cmp - size.before && echo "all keys are back"
	[[ $(ask debug digest) == "$before" ]] && echo "all values are back"
	ask config get maxmemory-samples
	ask flushall
	ask dbsize
	server_stop
}
