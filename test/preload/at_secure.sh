#!/usr/bin/env bash
# A program that runs with more rights than its user reads no options from its
# environment, and writes no profile.  The program is one that loads the library by its path, since
# ld.so itself passes over LD_PRELOAD there.  It is made setuid, or, by a user
# who is not root, setgid to another group of that user.
# case: secure exit 0
# case: ordinary exit 0 `goalloc: GOALLOC: unknown option "foo"; ANY` `goalloc: version ANY`
set -eu

program=$PWD/program
library=$PWD/libgoalloc.so
cp "$GOALLOC_BUILD/test/preload/at_secure_main" "$program"
cp "$GOALLOC_LIB" "$library"
chmod 755 "$PWD/.." "$PWD" "$library" "$program"
if [[ $1 == secure ]]; then
	if (($(id -u) == 0)); then
		chown nobody "$program"
		chmod u+s "$program"
	else
		other=$(id -G | tr ' ' '\n' | grep -vx "$(id -g)" | head -n 1)
		if [[ -z $other ]]; then
			echo "needs root, or a user with two groups" >&2
			exit 1
		fi
		chgrp "$other" "$program"
		chmod g+s "$program"
	fi
fi
mkdir -m 777 "$PWD/profiles"
GODEBUG=inittrace=1,memprofilerate=1 GOALLOC=foo=1,profile=$PWD/profiles/p \
	"$program" "$1" "$library"
profiles=$(ls "$PWD/profiles")
if [[ $1 == secure && -n $profiles || $1 != secure && -z $profiles ]]; then
	echo "profiles: $profiles" >&2
	exit 1
fi
