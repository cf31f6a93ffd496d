#!/usr/bin/env bash
# Functions that a library registered with pthread_atfork allocate: before and
# after fork, and whether that library is initialised before ours or after.
# case: before exit 0
# case: after exit 0
set -eu

helper=$GOALLOC_BUILD/test/preload/fork_handlers_lib.so
case $1 in
before) libraries=$GOALLOC_LIB:$helper ;;
after) libraries=$helper:$GOALLOC_LIB ;;
esac
LD_PRELOAD=$libraries exec "$GOALLOC_BUILD/test/preload/fork_handlers_main"
