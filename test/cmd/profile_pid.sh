#!/usr/bin/env bash
# profile_pid: the profile of a running process, which does not notice.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

# sites_wait LIBRARY: the program, profiled, waiting in read(2).  An
# interrupted read would end it.
sites_wait() {
	local i
	rm -f in
	mkfifo in
	GODEBUG=memprofilerate=1 LD_PRELOAD=$1 "$programs/sites" wait \
		<>in >said 2>sites.err &
	sites=$!
	holders+=("$sites")
	for ((i = 0; i < 250; i++)); do
		grep -q ready said && return
		sleep 0.02
	done
	cases_fail "sites: it is not ready: $(head -n 3 sites.err)"
}

# signals: what of its status says that nobody has meddled with signals.
signals() {
	grep -E '^(Sig(Pnd|Blk|Ign|Cgt)|ShdPnd):' "/proc/$sites/status"
}

# pulled LIBRARY: the profile of a program that the library profiles.
pulled() {
	local before i
	sites_wait "$1"
	before=$(signals)
	case_is 'take it' 0 "$goalloc" profile "$sites"
	out_has 'its name' "^heap\\.$sites\\.pb\\.gz$"
	case_is 'show it' 0 "$goalloc" profile show "heap.$sites.pb.gz"
	out_has 'a call site' '^    2\.9 MiB      3000   50\.[0-9]%  site_medium \('
	for i in 1 2 3 4 5 6 7 8 9 10; do
		case_is "again, $i" 0 "$goalloc" profile "$sites" -o again.pb.gz
	done
	case_is 'as text' 0 "$goalloc" profile "$sites" --text -o text.heap
	holds 'as text' grep -q '^heap profile: ' text.heap
	case_is 'the peak' 0 "$goalloc" profile "$sites" --peak -o peak.pb.gz
	case_is 'show the peak' 0 "$goalloc" profile show peak.pb.gz
	out_has 'the peak' '^peak\.pb\.gz: 5\.[78] MiB in '
	holds 'no signal was sent or caught' test "$(signals)" = "$before"
	holds 'it waits on' grep -q '^State:.S' "/proc/$sites/status"
	holds 'no file is left half' test "$(find . -name '*.gz.*' -o \
		-name '*.heap.*' | wc -l)" = 0
	cases_stop
}
pulled "$GOALLOC_BUILD/libgoalloc-record.so"
pulled "$GOALLOC_LIB"

holder_preload=$GOALLOC_LIB holder 10 10
case_is 'without profiling' 1 -e "^goalloc profile: process $holder does not answer .*: start it with goalloc run --profile PREFIX$" \
	"$goalloc" profile "$holder"
case_is 'no such process' 1 -e '^goalloc profile: there is no process 2147483600$' \
	"$goalloc" profile 2147483600
case_is 'two processes' 2 -e '^goalloc profile: "2" is too much: one process number is meant; see ' \
	"$goalloc" profile 1 2
