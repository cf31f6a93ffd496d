# shellcheck shell=bash
# postgres: initdb, a server with shared memory and a process per client, under
# pgbench with four clients; then a restart and a check of the sums.
# set: long

# shellcheck source=test/programs/postgres_parts
. "${BASH_SOURCE[0]%/*}/postgres_parts"

# The library where the server's user can read it.
preload_copy()
{
	if [[ -n ${GOALLOC_TEST_PRELOAD:-} ]]; then
		cp "$GOALLOC_TEST_PRELOAD" "$PWD/"
		GOALLOC_TEST_PRELOAD=$PWD/${GOALLOC_TEST_PRELOAD##*/}
	fi
}

run()
{
	preload_copy
	((EUID != 0)) || chown postgres .
	# shellcheck disable=SC2046
	under_test $(pg_user) "$(pg_bin initdb)" -D db -U postgres -A trust \
		--no-sync --locale=C.UTF-8 >initdb.out
	grep -c ok initdb.out
	pg_start
	pg_sql -c 'create database bench' postgres
	# shellcheck disable=SC2046
	under_test $(pg_user) pgbench -h "$PWD" -U postgres -i -s 3 -q bench \
		>pgbench.out 2>&1
	# shellcheck disable=SC2046
	under_test $(pg_user) pgbench -h "$PWD" -U postgres -c 4 -j 2 -t 1500 \
		bench 2>&1 | grep -E 'actually processed|failed'
	pg_sql bench <<'END'
select count(*) from pgbench_history;
select sum(abalance) = (select sum(delta) from pgbench_history)
	from pgbench_accounts;
create table t as select i, md5(i::text) as m, i % 1000 as g
	from generate_series(1, 300000) i;
create index on t(m);
select g, count(*), max(m) from t group by g order by max(m) desc limit 3;
select count(*) from t a join t b on a.m = md5(b.g::text);
select md5(string_agg(m, ',' order by m)) from t where g < 100;
select length(jsonb_agg(to_jsonb(t))::text) from t where g < 200;
select sum(length(regexp_replace(m, '[a-f]+', 'x', 'g'))) from t;
END
	server_stop INT
	pg_start
	pg_sql -c 'select count(*), sum(i) from t' bench
	server_stop INT
	grep -E 'PANIC|terminated by signal|out of memory' server.log || true
}
