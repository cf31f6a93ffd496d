# shellcheck shell=bash
# gcc: driver, cc1, as and ld on a generated C program with optimisation, debug
# information and an archive; the result runs under the preload too.
# set: quick
prepare()
{
	c_make 60 >big.c
}
run()
{
	under_test gcc -std=gnu17 -O2 -g -Wall -c -o big.o "$INPUT/big.c"
	under_test ar rcD libbig.a big.o
	under_test gcc -O1 -fdump-tree-optimized -S -o big.s "$INPUT/big.c"
	files_sum big.s
	under_test gcc -o big big.o -L. -lbig
	under_test ./big
	under_test nm big.o | sha256sum
	under_test gcc -fsyntax-only -x c - <<<'int f(void) { return y; }' ||
		echo "status $?"
}
