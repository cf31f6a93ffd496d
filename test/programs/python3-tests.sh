# shellcheck shell=bash
# python3's own test suite, the parts that work memory: containers, text,
# threads, processes, ctypes, mmap.
# set: long
run()
{
	local tests=(test_list test_dict test_set test_json test_re
		test_unicode test_bytes test_bigmem test_threading test_fork1
		test_mmap test_memoryview test_sqlite3
		test_zlib test_lzma test_bz2 test_pickle test_weakref test_gc
		test_generators test_decimal test_array test_struct
		test_collections test_itertools test_thread test_queue
		test_ctypes test_hashlib
		test_xml_etree_c test_posix test_os)

	PYTHONHASHSEED=0 under_test /usr/bin/python3 -m test -j 2 \
		--timeout 300 "${tests[@]}" >tests.out 2>&1 || true
	sed -E 's/^[0-9:]+ load avg: [0-9.]+ //; s/^\[ *[0-9]+\/[0-9]+[^]]*\] //
		s/ \([0-9.]+ (sec|min).*\)//; s/ -- running.*//' tests.out |
		grep -E '^test_[a-z0-9_]+ (passed|failed|crashed|skipped|timed)' |
		sort -u
	grep -E '^(Result|Tests result)' tests.out
}
