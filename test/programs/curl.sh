# shellcheck shell=bash
# curl: file URLs, many in parallel, and a loopback server of python3's.
# set: quick
prepare()
{
	text_make 30000 47 >words.txt
	cat >serve.py <<'END'
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
server = Server(("127.0.0.1", 0), lambda *a: Handler(*a, directory="."))
open(sys.argv[1], "w").write(str(server.server_port))
server.serve_forever()
END
}
run()
{
	local i port

	under_test curl -sS "file://$INPUT/words.txt" | sha256sum
	cp "$INPUT/words.txt" .
	/usr/bin/python3 "$INPUT/serve.py" port.new >server.log 2>&1 &
	servers+=($!)
	for _ in {1..100}; do
		[[ ! -s port.new ]] || break
		sleep 0.05
	done
	port=$(<port.new)
	for i in {1..24}; do
		echo "url=http://127.0.0.1:$port/words.txt"
		echo "output=got$i"
	done >many.conf
	under_test curl -sS --parallel --parallel-max 8 -K many.conf \
		2>progress
	sha256sum got* | cut -d ' ' -f 1 | sort | uniq -c
	under_test curl -sS -r 1000-1040 "file://$INPUT/words.txt"
	under_test curl -sS -o page -w '%{http_code} %{size_download}\n' \
		"http://127.0.0.1:$port/none"
	under_test curl -sSf "http://127.0.0.1:$port/none" || echo "status $?"
}
