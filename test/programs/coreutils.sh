# shellcheck shell=bash
# sort, sed, grep, uniq, join, diff and patch on some megabytes of text.
# set: quick
prepare()
{
	text_make 60000 41 >words.txt
	awk 'NR % 40 != 7 { if (NR % 90 == 3) $2 = "changed"; print }' \
		words.txt >other.txt
}
run()
{
	under_test sort --parallel=2 -k3,3 -k2,2r "$INPUT/words.txt" |
		sha256sum
	under_test sort -S 2M -T . -n -r "$INPUT/words.txt" | sha256sum
	under_test sed -E 's/([a-z]+) ([a-z]+)/\2 \1/g; $!N; P; D' \
		"$INPUT/words.txt" | sha256sum
	under_test grep -cE '(ea|oe)[nst]+ .*([0-9])\2' "$INPUT/words.txt"
	cut -d ' ' -f 2,3 "$INPUT/words.txt" | sort |
		under_test uniq -c | sort -rn >pairs
	sed 2q pairs
	under_test diff -u "$INPUT/words.txt" "$INPUT/other.txt" >d.patch ||
		echo "diff status $?"
	sed 1,2d d.patch | sha256sum
	cp "$INPUT/words.txt" patched
	under_test patch -s patched d.patch
	cmp patched "$INPUT/other.txt"
	under_test find / -maxdepth 2 -path /proc -prune -o -name etc -print
	under_test ls -lR "$INPUT" | wc -l
	under_test od -An -tx4 "$INPUT/words.txt" | sha256sum
}
