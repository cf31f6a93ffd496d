#!/bin/bash
#
# servers: four servers, each under load for a minute with GOGC=20.  No request
# may fail and no reply may be missing; the server's log has no error.
#
#   servers [--seconds N] [redis|memcached|nginx|postgres]...
#
# slow: each takes a minute
# args-long: --seconds 60
# seconds: 600
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${GOALLOC_BUILD:=$here/../../build}" "${GOALLOC_LIB:=$GOALLOC_BUILD/libgoalloc.so}"
seconds=60
names=()
while (($# > 0)); do
	case $1 in
	--seconds) seconds=$2 && shift ;;
	*) names+=("$1") ;;
	esac
	shift
done
((${#names[@]} > 0)) || names=(redis memcached nginx postgres)

export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
work=$(mktemp -d "${TMPDIR:-/tmp}/goalloc-servers.XXXXXX")
chmod 711 "$work"
servers=()
failed=0
leave()
{
	local pid

	for pid in "${servers[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait
	rm -rf -- "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cp -- "$GOALLOC_LIB" "$work/libgoalloc.so"
chmod 755 "$work/libgoalloc.so"
GOALLOC_TEST_PRELOAD=$work/libgoalloc.so
GOALLOC_TEST_ENV="GOGC=20${GC_TEST_GODEBUG:+ GODEBUG=$GC_TEST_GODEBUG}"

# shellcheck source=test/programs/under_test
. "$here/../programs/under_test"
# shellcheck source=test/programs/postgres_parts
. "$here/../programs/postgres_parts"

# wrong SERVER TEXT: what makes this test fail.
wrong()
{
	echo "$1: $2"
	failed=1
}

# ends_well SERVER SIGNAL: it ends as asked and has logged no error.
ends_well()
{
	server_stop "$2" >stopped
	[[ $(cat stopped) == "server exit 0" ]] || wrong "$1" "$(cat stopped)"
	if grep -aEi 'error|fatal|panic|assert|goalloc:' server.log; then
		wrong "$1" "see above"
	fi
}

# ---- redis ------------------------------------------------------------------

redis_start()
{
	port=$(port_free)
	server_start redis-server --bind 127.0.0.1 --port "$port" --save '' \
		--appendonly no
	server_wait redis_answers
}

redis_answers()
{
	[[ $(redis-cli -h 127.0.0.1 -p "$port" ping) == PONG ]]
}

# Every command's reply is counted; what was set is what is read at the end.
redis_load()
{
	local end=$((SECONDS + seconds)) round=0

	while ((SECONDS < end)); do
		round=$((round + 1))
		redis-benchmark -h 127.0.0.1 -p "$port" -q -c 20 -n 20000 \
			-r 20000 -d 200 -P 4 -t set,get,lpush,rpop,sadd,zadd \
			>bench.out 2>&1 || wrong redis "the benchmark failed"
		if grep -qi error bench.out; then
			wrong redis "$(grep -i error bench.out | head -n 1)"
		fi
		awk -v round="$round" 'BEGIN { for (i = 0; i < 20000; i++)
			printf "set mine:%d value-%d-%d\n", i, i, round }' |
			redis-cli -h 127.0.0.1 -p "$port" --pipe |
			tail -n 1 >pipe.out
		[[ $(cat pipe.out) == "errors: 0, replies: 20000" ]] ||
			wrong redis "$(cat pipe.out)"
	done
	awk 'BEGIN { for (i = 0; i < 20000; i++) print "get mine:" i }' |
		redis-cli -h 127.0.0.1 -p "$port" | sha256sum >found
	awk -v round="$round" 'BEGIN { for (i = 0; i < 20000; i++)
		printf "value-%d-%d\n", i, round }' | sha256sum |
		cmp - found || wrong redis "values were lost"
}

redis_run()
{
	redis_start
	redis_load
	ends_well redis TERM
}

# ---- memcached --------------------------------------------------------------

memcached_start()
{
	local -a user=()

	((EUID != 0)) || user=(-u nobody)
	port=$(port_free)
	server_start memcached -l 127.0.0.1 -p "$port" -U 0 -t 4 -m 64 \
		"${user[@]}"
	server_wait memcached_answers
}

memcached_answers()
{
	printf 'version\r\nquit\r\n' |
		timeout 5 curl -sS "telnet://127.0.0.1:$port" | grep -q VERSION
}

memcached_run()
{
	memcached_start
	python3 "$here/memcached_load.py" "$port" "$seconds" >load.out 2>&1 ||
		wrong memcached "$(tail -n 1 load.out)"
	ends_well memcached TERM
}

# ---- nginx ------------------------------------------------------------------

nginx_start()
{
	port=$(port_free)
	mkdir -p www
	text_make 40 1 >www/small.txt
	text_make 2000 2 >www/large.txt
	chmod -R a+rX .
	cat >nginx.conf <<END
daemon off;
worker_processes 2;
pid $PWD/nginx.pid;
error_log $PWD/error.log;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path $PWD/body;
	proxy_temp_path $PWD/proxy;
	fastcgi_temp_path $PWD/fastcgi;
	uwsgi_temp_path $PWD/uwsgi;
	scgi_temp_path $PWD/scgi;
	gzip on;
	gzip_types text/plain;
	types { text/plain txt; }
	server { listen 127.0.0.1:$port; root $PWD/www; }
}
END
	server_start nginx -e "$PWD/error.log" -c "$PWD/nginx.conf"
	server_wait curl -sf "http://127.0.0.1:$port/small.txt"
}

nginx_run()
{
	nginx_start
	wrk -t 1 -c 24 -d "$((seconds / 2 + 1))" \
		"http://127.0.0.1:$port/small.txt" >wrk.out 2>&1
	wrk -t 1 -c 8 -d "$((seconds / 2 + 1))" -H 'Accept-Encoding: gzip' \
		"http://127.0.0.1:$port/large.txt" >>wrk.out 2>&1
	if grep -E 'Socket errors|Non-2xx' wrk.out; then
		wrong nginx "see above"
	fi
	[[ $(grep -c 'requests in' wrk.out) == 2 ]] ||
		wrong nginx "no load: $(tail -n 1 wrk.out)"
	curl -s --compressed "http://127.0.0.1:$port/large.txt" |
		cmp - www/large.txt || wrong nginx "a page has changed"
	if grep -E '\[(emerg|alert|crit|error)\]' error.log; then
		wrong nginx "see above"
	fi
	ends_well nginx QUIT
}

# ---- postgres ---------------------------------------------------------------

postgres_run()
{
	((EUID != 0)) || chown postgres .
	# shellcheck disable=SC2046 # the words of a command
	$(pg_user) "$(pg_bin initdb)" -D db -U postgres -A trust --no-sync \
		--locale=C.UTF-8 >initdb.out
	pg_start
	pg_sql -c 'create database bench' postgres
	# shellcheck disable=SC2046
	$(pg_user) pgbench -h "$PWD" -U postgres -i -s 3 -q bench >bench.out 2>&1
	# shellcheck disable=SC2046
	$(pg_user) pgbench -h "$PWD" -U postgres -c 4 -j 2 -T "$seconds" bench \
		>bench.out 2>&1 || wrong postgres "$(tail -n 1 bench.out)"
	grep -q 'failed transactions: 0 ' bench.out ||
		wrong postgres "$(grep failed bench.out || tail -n 1 bench.out)"
	[[ $(pg_sql -c 'select (select sum(abalance) from pgbench_accounts) =
		(select sum(delta) from pgbench_history)' bench) == t ]] ||
		wrong postgres "the sums differ"
	ends_well postgres INT
}

for name in "${names[@]}"; do
	mkdir -m 755 "$work/$name"
	cd "$work/$name"
	"${name}_run"
done
((failed == 0))
