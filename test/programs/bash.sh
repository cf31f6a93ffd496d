# shellcheck shell=bash
# bash: arrays, expansion, functions, pipes, many forks, traps, here documents.
# set: quick
prepare()
{
	cat >work.bash <<'END'
declare -A count
declare -a rows
while read -r id first rest; do
	rows[id]=$rest
	count[$first]=$((${count[$first]:-0} + 1))
done <words.txt
echo "${#rows[@]} ${#count[@]}"
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done |
	sort -k2,2nr -k1,1 | head -n 4
s=
for ((i = 0; i < 3000; i++)); do s+="${rows[i]:0:9}|"; done
echo "${#s} ${s//[aeiou]/} " | cksum
fib() { if (($1 < 2)); then r=$1; else
	fib $(($1 - 1)); local a=$r; fib $(($1 - 2)); r=$((r + a)); fi; }
fib 14; echo "$r"
for i in {1..60}; do x=$(echo "$i" | (read -r y; echo $((y * 2)))); t=$((t + x))
done
echo "$t"
trap 'echo caught' USR1; kill -USR1 $$
coproc tr a-z A-Z; echo hello >&"${COPROC[1]}"; exec {COPROC[1]}>&-
cat <&"${COPROC[0]}"
printf '%s\n' {a..e}{1..9}{x..z} | cksum
[[ "$s" =~ ([a-z]+)\|(.*)\|$ ]]; echo "${#BASH_REMATCH[2]}"
mapfile -t lines < <(seq 20000); echo "${lines[@]: -1}"
diff <(seq 5) <(seq 2 6); echo "status $?"
exit 7
END
	text_make 6000 23 >words.txt
}
run()
{
	cp "$INPUT/words.txt" .
	under_test bash "$INPUT/work.bash" || echo "exit $?"
}
