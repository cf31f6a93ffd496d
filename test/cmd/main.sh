#!/usr/bin/env bash
# main: what all verbs share.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

case_is 'no verb' 2 -e '^goalloc: a verb is missing; see goalloc --help$' \
	"$goalloc"
case_is 'an unknown verb' 2 -e '^goalloc: there is no verb "frob"; see goalloc --help$' \
	"$goalloc" frob
case_is 'an unknown option' 2 -e '^goalloc: unknown option --frob; see goalloc --help$' \
	"$goalloc" --frob
case_is 'version' 0 "$goalloc" --version
out_has 'version' '^goalloc [0-9]+\.[0-9]+\.[0-9]+$'
case_is 'help' 0 "$goalloc" --help
holds 'lines of 80 columns' awk 'length > 80 { exit 1 }' out
verbs=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' out)
holds 'help names verbs' test -n "$verbs"
for verb in $verbs; do
	case_is "$verb --help" 0 "$goalloc" "$verb" --help
	out_has "$verb --help" "^usage: goalloc $verb"
	holds "$verb: lines of 80 columns" awk 'length > 80 { exit 1 }' out
	case_is "$verb with a wrong option" 2 \
		-e "^goalloc $verb: unknown option --frob; see goalloc $verb --help$" \
		"$goalloc" "$verb" --frob
done
case_is 'stdout is full' 1 -e '^goalloc: cannot write to stdout: No space left on device$' \
	bash -c 'exec "$0" --help >/dev/full' "$goalloc"
