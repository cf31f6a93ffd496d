#!/bin/bash
#
# failing_calls: under strace -f, programs that collect as often as they can
# have system calls fail with EINTR or EFAULT no more often than under glibc.
#
# seconds: 120
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${GOALLOC_BUILD:=$here/../../build}" "${GOALLOC_LIB:=$GOALLOC_BUILD/libgoalloc.so}"
GOALLOC_LIB=$(readlink -f -- "$GOALLOC_LIB")

if ! command -v strace >/dev/null; then
	echo "not installed: strace"
	exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# What the programs work on.
awk 'BEGIN { for (i = 0; i < 60000; i++) print i, i * 7919 % 10007, i * i }' \
	>text

# Threads that wait for each other, for a pipe and for the clock.
cat >threads.py <<'END'
import os, queue, subprocess, threading, time
def work(q, out):
    while (n := q.get()) is not None:
        out.append(sum(len(str(i)) for i in range(n)))
        time.sleep(0.002)
q, out = queue.Queue(), []
threads = [threading.Thread(target=work, args=(q, out)) for _ in range(6)]
[t.start() for t in threads]
begin = time.monotonic()
for i in range(120):
    q.put(i * 20)
[q.put(None) for t in threads]
[t.join(30) for t in threads]
print(sum(out), subprocess.run(["cat"], input=b"x" * 300000,
                               stdout=subprocess.PIPE).stdout.count(b"x"))
END

# count FILE: "ERROR CALL" and how often, for what may not become more.
count()
{
	sed -nE 's/^[0-9]+ +(<\.\.\. )?([a-z0-9_]+).* = -1 (EINTR|EFAULT) .*/\3 \2/p' \
		"$1" | sort | uniq -c | awk '{ print $2, $3, $1 }'
}

# trace NAME COMMAND...: its output to NAME.out, its failing calls to NAME.
trace()
{
	local name=$1

	shift
	timeout 60 strace -f -qq -e signal=none -o "$name.trace" "$@" \
		>"$name.out" 2>"$name.err" || echo "exit $?" >>"$name.out"
	grep -q 'exit_group(0' "$name.trace" || echo "$name: no trace"
	count "$name.trace" >"$name"
}

compare()
{
	local name=$1

	shift
	trace glibc "$@"
	trace ours -E LD_PRELOAD="$GOALLOC_LIB" -E GOGC=5 "$@"
	if ! cmp -s glibc.out ours.out || ! cmp -s glibc.err ours.err; then
		echo "$name: its output differs"
		diff glibc.err ours.err | head -n 3
	fi
	awk -v name="$name" '
		NR == FNR { before[$1, $2] = $3; next }
		$3 > before[$1, $2] {
			printf "%s: %s failed with %s %d times, not %d\n", name,
				$2, $1, $3, before[$1, $2]
		}' glibc ours
}

compare xz xz -T2 -k -c --block-size=200KiB text
compare python3 /usr/bin/python3 threads.py
compare sort sort --parallel=2 -S 1M -k 2n text
