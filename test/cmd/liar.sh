#!/usr/bin/env bash
# liar: whoever looks at another's process is not harmed by what is there.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

mkfifo in
"$programs/liar" <>in >said &
liar=$!
holders+=("$liar")
exec 3>in

seen=0
for ((i = 1; i <= 40; i++)); do
	for ((n = 0; n < 100; n++)); do
		(($(wc -l <said) >= i)) && break
		sleep 0.01
	done
	status=0
	timeout 10 "$goalloc" stat --json -c 256 "$liar" >out 2>err || status=$?
	if ((status == 0)); then
		seen=$((seen + 1))
		holds "lie $i is JSON" python3 -c 'import json
json.load(open("out"))'
	fi
	holds "lie $i: status $status: $(head -n 1 err)" test $status -le 1
	echo >&3
done
holds 'some are believed' test $seen -ge 8
timeout 10 "$goalloc" stat "$liar" >out 2>err
holds 'nothing for the terminal' bash -c '! grep -q "[[:cntrl:]]" out err'
