# shellcheck shell=bash
# memcached: four worker threads and a slab allocator above malloc, on the
# loopback, fed by three clients at once.
# set: quick
memcached_start()
{
	local -a user=()

	((EUID != 0)) || user=(-u nobody)
	for _ in 1 2 3; do
		port=$(port_free)
		server_start memcached -l 127.0.0.1 -p "$port" -U 0 -t 4 -m 48 \
			"${user[@]}"
		if server_wait ask version; then
			return
		fi
	done
	return 1
}

# Sends $* and quit, prints the answers.
ask()
{
	printf '%s\r\nquit\r\n' "$*" | talk
}

talk()
{
	timeout 20 curl -sS "telnet://127.0.0.1:$port" | tr -d '\r'
}

prepare()
{
	local part

	for part in 1 2 3; do
		awk -v part="$part" 'BEGIN {
			for (i = 0; i < 12000; i++) {
				n = i * 31 % 900 + 1
				s = sprintf("%0" n "d", i)
				printf "set %d-%d 0 0 %d noreply\r\n%s\r\n",
					part, i % 7000, n, s
				if (i % 3 == 0)
					printf "get %d-%d\r\n", part, i
				if (i % 11 == 0)
					printf "delete %d-%d\r\n", part, i
			}
			printf "quit\r\n"
		}' >"load$part"
	done
}

run()
{
	local part pids=()

	memcached_start
	for part in 1 2 3; do
		talk <"$INPUT/load$part" >"answers$part" &
		pids+=($!)
	done
	wait "${pids[@]}"
	files_sum answers?
	ask get 2-4242 | cut -c 1-60
	ask stats | grep -E 'STAT (cmd_set|cmd_get|delete_hits|curr_items) '
	ask flush_all
	server_stop
}
