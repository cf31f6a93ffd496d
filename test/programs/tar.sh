# shellcheck shell=bash
# tar, cpio, zip and rsync's kin: 2,000 files in, out and compared.
# set: quick
prepare()
{
	local i

	text_make 20000 67 >words.txt
	mkdir tree
	for i in {1..20}; do
		mkdir "tree/d$i"
	done
	awk '{ f = "tree/d" (1 + int(NR / 10) % 20) "/f" int(NR / 10)
		if (NR % 10 == 0) close(last)
		print > f; last = f }' words.txt
	find tree -exec touch -d @1700000000 {} +
}
run()
{
	local order=(--sort=name --owner=0 --group=0 --numeric-owner)

	under_test tar -C "$INPUT" "${order[@]}" -cf a.tar tree
	files_sum a.tar
	under_test tar -tvf a.tar | sha256sum
	mkdir out
	under_test tar -C out -xf a.tar
	under_test diff -r "$INPUT/tree" out/tree
	under_test tar -C "$INPUT" "${order[@]}" --zstd -cf a.tar.zst tree
	under_test tar -xOf a.tar.zst tree/d3/f42 | tail -n 1
	(cd "$INPUT" && under_test zip -qrX - tree) >a.zip
	under_test unzip -tq a.zip | sed 's/of .*//'
	under_test tar -xf a.zip 2>&1 || echo "status $?"
}
