#!/usr/bin/env bash
# stat: the figures of a process from outside are those it knows itself.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

# figure NAME: its value in the JSON object in out.
figure() {
	grep -oE "\"$1\":[0-9]+" out | head -n 1 | grep -oE '[0-9]+$'
}

holder 20000 100 5000
case_is 'as JSON' 0 "$goalloc" stat --json "$holder"
while read -r name value; do
	[[ $name == ready ]] && break
	holds "$name" test "$(figure "$name")" = "$value"
done <holder.said
holds 'JSON' python3 -c 'import json
s = json.load(open("out"))
assert sum(k["live"] for k in s["by_size"]) == s["heap_objects"], "by size"
assert s["process_rss"] > s["heap_alloc"] > 15000 * 100, "sizes"
assert s["name"] == "holder", s["name"]'

case_is 'as text' 0 "$goalloc" stat "$holder"
out_has 'the process' "^process $holder \\(holder\\), libgoalloc [0-9.]+$"
out_has 'live objects' '^  live +[0-9.]+ MiB   1[5-9][0-9]{3} objects$'
out_has 'the class' '^112 B +15[0-9]{3} +1\.6 MiB '
holds 'lines of 80 columns' awk 'length > 80 { exit 1 }' out
case_is 'classes' 0 "$goalloc" stat --classes=0 "$holder"
holds 'no classes' bash -c '! grep -q "^112 B" out'

case_is 'OpenMetrics' 0 "$goalloc" stat --openmetrics "$holder" "$holder"
out_has 'a gauge' '^# TYPE goalloc_heap_alloc_bytes gauge$'
out_has 'a counter' "^goalloc_mallocs_total\\{pid=\"$holder\",name=\"holder\"\\} [0-9]+$"
holds 'ends with EOF' test "$(tail -n 1 out)" = '# EOF'
holds 'every sample belongs to its family' awk '
	$1 == "#" && $2 == "TYPE" { family = $3; suffix = $4 == "counter" ?
		"_total" : ""; next }
	$1 == "#" { next }
	{ name = $1; sub(/[{].*/, "", name)
	  if (name != family suffix || $2 !~ /^[0-9]+$/) exit 1 }' out

holder 1000 64 0 churn
for i in 1 2 3 4 5; do
	case_is "while it runs, $i" 0 "$goalloc" stat --json "$holder"
	holds "heap and metadata are within the process, $i" python3 -c '
import json
s = json.load(open("out"))
assert 64000 <= s["heap_alloc"] <= 64000 + (4 << 20), s["heap_alloc"]
assert s["heap_inuse"] + s["heap_idle"] == s["heap_sys"]
assert s["mallocs"] - s["frees"] == s["heap_objects"]'
done

case_is 'no number' 2 -e '^goalloc stat: a process number is missing; see goalloc stat --help$' \
	"$goalloc" stat
case_is 'not a number' 2 -e '^goalloc stat: bad process number "x": it is a number from 1 to ' \
	"$goalloc" stat x
case_is 'an unknown option' 2 -e '^goalloc stat: unknown option --jsn; see ' \
	"$goalloc" stat --jsn 1
case_is 'a flag with a value' 2 -e '^goalloc stat: --json takes no value, not "1"; see ' \
	"$goalloc" stat --json=1 1
case_is 'both forms' 2 -e '^goalloc stat: --json and --openmetrics exclude each other; see ' \
	"$goalloc" stat --json --openmetrics $$
case_is 'no value' 2 -e '^goalloc stat: --classes needs a value, N; see ' \
	"$goalloc" stat --classes
case_is 'a bad value' 2 -e '^goalloc stat: bad --classes "many": it is a number from 0 to 256; ' \
	"$goalloc" stat --classes many 1
case_is 'not under the library' 1 -e "^goalloc stat: process $$ does not run under the library: start it with goalloc run$" \
	"$goalloc" stat $$
case_is 'no such process' 1 -e '^goalloc stat: there is no process 2147483600$' \
	"$goalloc" stat 2147483600
if [[ $(id -u) == 0 ]]; then
	chmod 755 .
	case_is "another user's" 1 -e "^goalloc stat: process $holder may not be read.*: run as " \
		setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$goalloc" stat "$holder"
fi

# The collector's figures: they come with its first cycle.
GOALLOC_GOGC=50 holder 1000 64 0 churn
for ((i = 0; i < 100; i++)); do
	"$goalloc" stat --json "$holder" >out
	(($(figure gc_cycles) >= 2)) && break
	sleep 0.05
done
holds 'collections are counted' test "$(figure gc_cycles)" -ge 2
holds 'there is a goal' test "$(figure gc_goal)" -ge 1000000
holds 'and a heap that was marked' test "$(figure gc_marked)" -ge 64000
holds 'pauses take time' test "$(figure gc_pause_ns)" -ge "$(figure gc_last_pause_ns)"
holds 'phases have numbers' test "$(figure gc_phase)" -le 3
case_is 'as text' 0 "$goalloc" stat "$holder"
out_has 'as text' '^  (idle|sweeping|marking|stopped); [0-9]+ collections, 0 of them forced; '
