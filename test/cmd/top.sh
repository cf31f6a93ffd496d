#!/usr/bin/env bash
# top: looks again and again, at one process or all.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

holder 1000 64 0 churn
busy=$holder
case_is 'one process' 0 "$goalloc" top -n 3 -i 0.1 "$busy"
out_has 'a heading' '^ +PID NAME +LIVE +FREE +BACK +RSS +ALLOC/S CPU%  GC$'
holds 'a line for each look' test "$(grep -c "^ *$busy holder" out)" = 3
holds 'one heading' test "$(grep -c 'PID NAME' out)" = 1
holds 'lines of 80 columns' awk 'length > 80 { exit 1 }' out
holds 'rates once there are two looks' awk '
	NR == 2 && $11 != 0 || NR > 2 && $11 == 0 { exit 1 }' out

holder 20000 100
case_is 'two processes' 0 "$goalloc" top --count=1 "$busy" "$holder"
holds 'both' test "$(grep -cE "^ *($busy|$holder) holder" out)" = 2
case_is 'all processes' 0 "$goalloc" top -n 2 -i 0.1
holds 'all' test "$(grep -cE "^ *($busy|$holder) holder" out)" = 4
case_is 'JSON' 0 "$goalloc" top --json -n 2 -i 0.1 "$busy"
holds 'JSON' python3 -c 'import json
a, b = map(json.loads, open("out"))
assert a["time_ns"] + 5e7 < b["time_ns"] and a["mallocs"] < b["mallocs"]'
case_is 'OpenMetrics' 0 "$goalloc" top --openmetrics -n 1 "$busy"
out_has 'OpenMetrics' "^goalloc_mallocs_total\\{pid=\"$busy\""

"$goalloc" top -i 0.05 "$holder" >out 2>err &
top=$!
sleep 0.2
kill "$holder"
wait $top
holds 'it ends with the process' test $? = 0

case_is 'not under the library' 1 -e "^goalloc top: process $$ does not run under the library: " \
	"$goalloc" top $$
case_is 'a bad interval' 2 -e '^goalloc top: bad --interval "0": it is seconds, 0.01 or more; see ' \
	"$goalloc" top -i 0
case_is 'a bad count' 2 -e '^goalloc top: bad --count "-1": it is a number from 1 to ' \
	"$goalloc" top -n -1
case_is 'both forms' 2 -e '^goalloc top: --json and --openmetrics exclude each other; see ' \
	"$goalloc" top --json --openmetrics
