#!/usr/bin/env bash
# cases.sh: what the scripts of this directory are written in.
#
#   case_is NAME STATUS [-e REGEX] COMMAND...   the command ends with STATUS;
#           with -e it says one line on stderr that matches, without it none.
#           What it printed is in the file "out".
#   out_has NAME REGEX     a line of out matches
#   holds NAME COMMAND...  the command succeeds
#   holder ARGUMENT...     starts the program holder under the library and
#           waits until it has allocated; its process is $holder
#   goalloc                the command under test

# shellcheck disable=SC2034  # for the scripts
goalloc=$GOALLOC_BUILD/goalloc
programs=$GOALLOC_BUILD/test/cmd
cases_passed=0
cases_failed=0
holders=()

cases_pass() {
	cases_passed=$((cases_passed + 1))
}

cases_fail() {
	cases_failed=$((cases_failed + 1))
	printf '%s\n' "$*"
}

case_is() {
	local name=$1 wanted=$2 regex='' status=0
	shift 2
	if [[ $1 == -e ]]; then
		regex=$2
		shift 2
	fi
	# What timeout itself has to say is not the command's.
	# shellcheck disable=SC2016  # the inner shell expands it
	timeout -k 1 30 sh -c 'exec "$@" >out 2>err' - "$@" </dev/null \
		2>/dev/null || status=$?
	if ((status != wanted)); then
		cases_fail "$name: exit status $status, not $wanted:" \
			"$(head -n 3 err)"
	elif [[ -z $regex && -s err ]]; then
		cases_fail "$name: it said: $(head -n 3 err)"
	elif [[ -n $regex ]] && (($(wc -l <err) != 1)); then
		cases_fail "$name: not one line on stderr: $(head -n 3 err)"
	elif [[ -n $regex && ! $(<err) =~ $regex ]]; then
		cases_fail "$name: it said \"$(<err)\", not \"$regex\""
	else
		cases_pass
	fi
}

out_has() {
	if grep -qE -- "$2" out; then
		cases_pass
	else
		cases_fail "$1: no line of the output matches \"$2\":" \
			"$(head -n 5 out)"
	fi
}

holds() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		cases_pass
	else
		cases_fail "$name: fails: $* $(head -n 5 <<<"$said")"
	fi
}

# The program says what it knows on file descriptor 3; its input stays open.
holder() {
	local fifo said=holder.said i
	fifo=$(mktemp -u holder.in.XXXXXX)
	mkfifo "$fifo"
	: >$said
	LD_PRELOAD=${holder_preload-$GOALLOC_LIB} \
		"$programs/holder" "$@" <>"$fifo" >$said 2>holder.err &
	holder=$!
	holders+=("$holder")
	# shellcheck disable=SC2034  # for the scripts
	holder_in=$fifo
	for ((i = 0; i < 500; i++)); do
		grep -q '^ready' $said && return
		sleep 0.02
	done
	cases_fail "holder: it is not ready: $(head -n 3 holder.err)"
}

cases_stop() {
	local pid
	for pid in "${holders[@]+"${holders[@]}"}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	holders=()
}
trap cases_stop EXIT

cases_end() {
	cases_stop
	echo "$cases_passed $cases_failed"
}
