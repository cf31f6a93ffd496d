# shellcheck shell=bash
# jq: parse, group, sort and print a few megabytes of JSON.
# set: quick
prepare()
{
	text_make 9000 53 | awk 'BEGIN { print "[" }
		{ printf "%s{\"id\":%d,\"w\":[\"%s\",\"%s\"],\"n\":%d,", sep,
			$1, $2, $3, $NF
		  printf "\"o\":{\"k%d\":%.3f,\"t\":\"%s\"}}\n", $1 % 9,
			$NF / 7, $0
		  sep = "," } END { print "]" }' >data.json
}
run()
{
	under_test jq -c 'group_by(.n % 50) | map({n: length,
		sum: (map(.n) | add), max: (max_by(.n).id)}) | .[3,17]' \
		"$INPUT/data.json"
	under_test jq -S . "$INPUT/data.json" | sha256sum
	under_test jq -r '.[] | select(.w[0] | test("^e.*t$")) | .o.t' \
		"$INPUT/data.json" | sha256sum
	under_test jq '[.[].w[]] | unique | length' "$INPUT/data.json"
	under_test jq -n '[range(30000)] | map(. * 2 | tostring) | join(",") |
		length'
	under_test jq . <<<'{"a":' || echo "status $?"
}
