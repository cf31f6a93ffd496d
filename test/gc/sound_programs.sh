#!/bin/bash
#
# sound_programs: real programs with GODEBUG=gcsound=1 and GOGC=5.  What is
# freed is freed at once, what is unreachable is only noted; a program that
# later frees, resizes or measures such an object had hidden a pointer to it.
# In no process may that happen once, each program must do what it does under
# glibc, and cycles must have run.
#
# args: perl sqlite3
# args-long: --long
# seconds: 3000
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${GOALLOC_BUILD:=$here/../../build}" "${GOALLOC_LIB:=$GOALLOC_BUILD/libgoalloc.so}"
programs=$here/../programs
limit=60
names=()
for word in "$@"; do
	if [[ $word == --long ]]; then
		limit=600
		mapfile -t names < <("$programs/list" --long)
	else
		names+=("$word")
	fi
done

base=$(mktemp -d "${TMPDIR:-/tmp}/goalloc-sound.XXXXXX")
chmod 711 "$base"
trap 'rm -rf -- "$base"' EXIT
cp -- "$GOALLOC_LIB" "$base/libgoalloc.so"
cp -- "$GOALLOC_BUILD/test/gc/sound_lib.so" "$base/"
chmod 755 "$base"/*.so

# step STEP OUT VARIABLE...: one step of program $name, its status in $status.
step()
{
	local what=$1 out=$2

	shift 2
	status=0
	env TMPDIR="$base" "$@" timeout -k 5 "$limit" "$programs/cmd" \
		"--$what" "$dir" "$name" >"$dir/$out" 2>"$dir/$out.err" \
		</dev/null || status=$?
	echo "exit $status" >>"$dir/$out"
}

# The figures of all lines "goalloc: gcsound: N cycles, N objects unreachable,
# N unsound" of file $1, added up, and their number.
figures()
{
	sed -nE 's/^goalloc: gcsound: ([0-9]+) cycles, ([0-9]+) objects unreachable, ([0-9]+) unsound$/\1 \2 \3/p' \
		"$1" | awk '{ c += $1; o += $2; u += $3; n++ }
		END { print c + 0, o + 0, u + 0, n + 0 }'
}

check_program()
{
	local dir=$base/$name status cycles objects unsound nreports
	local settings=" GOGC=5 GODEBUG=gcsound=1"

	mkdir "$dir"
	touch "$dir/stderr"
	chmod 666 "$dir/stderr"
	step prepare prepare.out
	step run reference.out GOALLOC_TEST_PRELOAD="$base/sound_lib.so" \
		GOALLOC_TEST_ENV="GC_TEST_STDERR=/dev/null"
	step run sound.out GOALLOC_TEST_PRELOAD="$base/libgoalloc.so" \
		GOALLOC_TEST_ALSO="$base/sound_lib.so" \
		GOALLOC_TEST_ENV="GC_TEST_STDERR=$dir/stderr$settings"
	read -r cycles objects unsound nreports < <(figures "$dir/stderr")
	total_cycles=$((total_cycles + cycles))
	total_objects=$((total_objects + objects))
	total_reports=$((total_reports + nreports))
	if ! cmp -s "$dir/reference.out" "$dir/sound.out"; then
		echo "$name: its output differs:"
		diff "$dir/reference.out" "$dir/sound.out" | tail -n 3 || true
		tail -n 2 "$dir/sound.out.err" "$dir/stderr"
	elif ((unsound > 0)); then
		echo "$name: $unsound of $objects objects unsound:"
		grep -a '^goalloc:' "$dir/stderr" |
			grep -v ' 0 unsound$' | head -n 5 || true
	elif ((nreports == 0)); then
		echo "$name: no process said anything"
	fi
	rm -rf -- "$dir"
}

total_cycles=0
total_objects=0
total_reports=0
for name in "${names[@]}"; do
	check_program
done
if ((total_cycles == 0)); then
	echo "no cycle in $total_reports processes"
fi
if [[ -n ${GC_TEST_FIGURES:-} ]]; then
	echo "$total_reports processes, $total_cycles cycles," \
		"$total_objects objects unreachable" >&2
fi
