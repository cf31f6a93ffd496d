# shellcheck shell=bash
# gzip, bzip2 and zstd: pack and unpack the same text.
# set: quick
prepare()
{
	text_make 40000 31 >words.txt
}
run()
{
	under_test gzip -n -6 -c "$INPUT/words.txt" >a.gz
	under_test gzip -dc a.gz | sha256sum
	under_test bzip2 -c "$INPUT/words.txt" >a.bz2
	under_test bzip2 -dc a.bz2 | sha256sum
	under_test zstd -q -T2 -9 -c "$INPUT/words.txt" >a.zst
	under_test zstd -q -dc a.zst | sha256sum
	under_test zstd -q -3 --long=24 -c "$INPUT/words.txt" | sha256sum
	files_sum a.gz a.bz2 a.zst
	under_test gzip -dc "$INPUT/words.txt" || echo "status $?"
}
