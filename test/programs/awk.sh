# shellcheck shell=bash
# gawk and mawk: large associative arrays, string building, substitution.
# set: quick
prepare()
{
	text_make 20000 37 >words.txt
	cat >work.awk <<'PROGRAM'
{
	for (i = 2; i < NF; i++) {
		count[$i]++
		where[$i] = where[$i] " " NR
		pair[$i, $(i + 1)]++
	}
	line = $0
	changed += gsub(/[aeiou]+/, "<&>", line)
	text = text substr(line, 1, 3)
}
END {
	for (w in count) {
		words++
		total += length(where[w])
		if (count[w] > best || (count[w] == best && w < name)) {
			best = count[w]
			name = w
		}
	}
	for (p in pair)
		pairs += pair[p] > 1
	print words, total, name, best, pairs, changed, length(text)
	n = split(text, c, "")
	for (i = 1; i <= n; i += 5)
		h = (h * 31 + index("0123456789<", c[i])) % 1000003
	print n, h
	delete count
	printf "%s %.3f\n", toupper(name), exp(log(total))
}
PROGRAM
}
run()
{
	under_test gawk -f "$INPUT/work.awk" "$INPUT/words.txt"
	under_test mawk -f "$INPUT/work.awk" "$INPUT/words.txt"
	# shellcheck disable=SC2016 # awk's own fields
	under_test gawk 'BEGIN { PROCINFO["sorted_in"] = "@val_num_desc" }
		{ a[$2] += $NF }
		END { for (w in a) if (n++ < 3) print w, a[w] }' \
		"$INPUT/words.txt"
}
