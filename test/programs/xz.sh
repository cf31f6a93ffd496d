# shellcheck shell=bash
# xz: two threads with large dictionaries; buffers of many megabytes.
# set: quick
prepare()
{
	text_make 25000 29 >words.txt
}
run()
{
	under_test xz -T2 -4 --block-size=512KiB -k -c "$INPUT/words.txt" >a.xz
	files_sum a.xz
	under_test xz -T2 -dc a.xz | sha256sum
	under_test xz -l --robot a.xz | tail -n 1
}
