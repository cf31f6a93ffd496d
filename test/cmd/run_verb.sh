#!/usr/bin/env bash
# run_verb: goalloc run sets the environment and becomes the command.
# shellcheck source=test/cmd/cases.sh disable=SC2154,SC2016
. "$CASES"

# A program's own view: whether the library is in it.
is_loaded="grep -c '/libgoalloc\\.so$' /proc/self/maps >/dev/null"

case_is 'loads the library' 0 "$goalloc" run -- \
	grep -q /libgoalloc.so /proc/self/maps
case_is 'without --' 0 "$goalloc" run grep -q /libgoalloc.so /proc/self/maps
case_is 'exit status' 7 "$goalloc" run -- sh -c 'exit 7'
case_is 'options of the command' 0 "$goalloc" run sh -c 'echo "$1"' - --help
out_has 'options of the command' '^--help$'
case_is 'children too' 0 "$goalloc" run -- sh -c "sh -c \"$is_loaded\""
case_is 'before another preload' 0 env LD_PRELOAD=libm.so.6 "$goalloc" \
	run -- printenv LD_PRELOAD
out_has 'before another preload' '^/.*/libgoalloc\.so:libm\.so\.6$'
case_is 'another library' 0 "$goalloc" run --lib "$GOALLOC_LIB" -- \
	grep -q "$GOALLOC_LIB" /proc/self/maps

case_is 'variables' 0 env GOALLOC=tiny=0 "$goalloc" run --gogc 50 \
	--memlimit=512MiB --free now -- env
out_has 'GOGC' '^GOALLOC_GOGC=50$'
out_has 'GOMEMLIMIT' '^GOALLOC_GOMEMLIMIT=536870912$'
out_has 'GOALLOC' '^GOALLOC=tiny=0,free=now$'
holds "Go's own are left alone" bash -c '! grep -qE "^GO(GC|MEMLIMIT)=" out'
for word in '--gogc off' '--memlimit auto' '--memlimit off' '--memlimit 1G' \
	'--free deferred' '--free ignore'; do
	# shellcheck disable=SC2086  # an option and its value
	case_is "$word" 0 "$goalloc" run $word true
done

case_is 'no command' 2 -e '^goalloc run: a command is missing; see goalloc run --help$' \
	"$goalloc" run
case_is 'bad --gogc' 2 -e '^goalloc run: bad --gogc "-1": it is per cent of growth, as 100, or off; see ' \
	"$goalloc" run --gogc -1 true
case_is 'bad --memlimit' 2 -e '^goalloc run: bad --memlimit "1 GB": it is a size, as 512MiB, auto or off; see ' \
	"$goalloc" run --memlimit '1 GB' true
case_is '--memlimit too large' 2 -e '^goalloc run: bad --memlimit "99999999999TiB": ' \
	"$goalloc" run --memlimit 99999999999TiB true
case_is 'bad --free' 2 -e '^goalloc run: bad --free "never": it is deferred, now or ignore; see ' \
	"$goalloc" run --free never true
case_is 'no such command' 127 -e '^goalloc run: there is no command no-such-command$' \
	"$goalloc" run no-such-command
case_is 'no such path' 127 -e '^goalloc run: there is no command \./nothing$' \
	"$goalloc" run ./nothing
touch plain
case_is 'not executable' 126 -e '^goalloc run: \./plain may not be executed$' \
	"$goalloc" run ./plain
case_is 'a folder' 126 -e '^goalloc run: / may not be executed$' \
	"$goalloc" run /
printf 'exit 3\n' >script && chmod +x script
case_is 'a script without its first line' 3 "$goalloc" run ./script
case_is 'no such library' 125 -e '^goalloc run: cannot read the library none\.so: No such file or directory$' \
	"$goalloc" run --lib none.so true
mkdir 'a b' && cp "$GOALLOC_LIB" 'a b/'
case_is 'a path with a space' 125 -e '^goalloc run: LD_PRELOAD cannot hold the path ".*/a b/libgoalloc\.so": move ' \
	"$goalloc" run --lib 'a b/libgoalloc.so' true
case_is 'a static program' 0 \
	-e '^goalloc run: .*/static is linked statically: the library does not reach it$' \
	"$goalloc" run "$programs/static"

case_is '--profile' 0 "$goalloc" run --profile heap --gogc 100 -- "$programs/sites"
holds 'a profile' bash -c 'ls heap.*.exit.pb.gz >/dev/null'
case_is 'the profile' 0 "$goalloc" profile show heap.*.exit.pb.gz
out_has 'the profile' '^from a sample each 512\.0 KiB$'
case_is 'bad --profile' 2 -e '^goalloc run: bad --profile "a,b": it is what files. names begin with, without a comma; see ' \
	"$goalloc" run --profile a,b true

# --only: dash starts env, python3 and this grep; only one is meant.
only() {
	"$goalloc" run --only "$1" -- sh -c '
		grep -c "/libgoalloc[.]so$" /proc/$$/maps
		grep -c "/libgoalloc[.]so$" /proc/self/maps
		python3 -c "
import os, subprocess
print(sum(\"/libgoalloc.so\" in line for line in open(\"/proc/self/maps\")))
os.system(\"grep -c /libgoalloc[.]so$ /proc/self/maps\")
subprocess.run([\"env\", \"grep\", \"-c\", \"/libgoalloc[.]so$\",
	\"/proc/self/maps\"])
"' 2>err | sed 's/^[1-9][0-9]*$/yes/; s/^0$/no/' | tr '\n' ' '
}
holds '--only grep' test "$(only grep)" = 'no yes no yes yes '
holds '--only python3' test "$(only python3)" = 'no no yes no no '
holds '--only sh' test "$(only sh)" = 'yes no no no no '
holds '--only none of these' test "$(only other)" = 'no no no no no '
case_is 'bad --only' 2 -e '^goalloc run: bad --only "/bin/sh": it is a program.s name without its folder; see ' \
	"$goalloc" run --only /bin/sh true
cp "$programs/execs" other
holds '--only and every exec' "$goalloc" run --only execs -- \
	"$programs/execs" "$programs"
