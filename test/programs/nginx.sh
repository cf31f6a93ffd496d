# shellcheck shell=bash
# nginx: master and two workers on the loopback under ab's load, compressed
# and plain answers, a reload in between.
# set: quick
nginx_start()
{
	for _ in 1 2 3; do
		port=$(port_free)
		mkdir -p www tmp
		cp "$INPUT"/page*.txt www/
		chmod -R a+rX www
		cat >nginx.conf <<END
daemon off;
worker_processes 2;
pid $PWD/nginx.pid;
error_log $PWD/error.log;
events { worker_connections 256; }
http {
	types { text/plain txt; }
	access_log off;
	client_body_temp_path $PWD/tmp/body;
	proxy_temp_path $PWD/tmp/proxy;
	fastcgi_temp_path $PWD/tmp/fastcgi;
	uwsgi_temp_path $PWD/tmp/uwsgi;
	scgi_temp_path $PWD/tmp/scgi;
	server {
		listen 127.0.0.1:$port;
		root $PWD/www;
		location /zip/ {
			gzip on; gzip_types text/plain;
			alias $PWD/www/;
		}
	}
}
END
		server_start nginx -e "$PWD/error.log" -c "$PWD/nginx.conf"
		if server_wait curl -sf "http://127.0.0.1:$port/page1.txt"; then
			return
		fi
	done
	return 1
}

load()
{
	ab -q -k -c 16 -n "$1" "http://127.0.0.1:$port/$2" >ab.out 2>&1
	grep -E '^(Complete|Failed|Document Length)' ab.out
}

prepare()
{
	text_make 40 1 >page1.txt
	text_make 4000 2 >page2.txt
}

run()
{
	nginx_start
	load 6000 page1.txt
	load 400 page2.txt
	load 2000 none
	curl -s --compressed "http://127.0.0.1:$port/zip/page2.txt" | sha256sum
	# shellcheck disable=SC2154 # set by server_start
	kill -HUP "$server_pid"
	sleep 1 # the old workers reset connections as they leave
	load 3000 page1.txt
	for _ in 1 2 3 4 5 6 7 8; do
		curl -sH 'Accept-Encoding: gzip' \
			"http://127.0.0.1:$port/zip/page2.txt"
	done | gzip -dc | sha256sum
	server_stop QUIT
}
