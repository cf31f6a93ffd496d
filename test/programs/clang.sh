# shellcheck shell=bash
# clang: the compiler as a library of C++ objects, on the program gcc gets; the
# result runs under the preload too.
# set: quick
prepare()
{
	c_make 40 >big.c
}
run()
{
	under_test clang -std=gnu17 -O2 -g -Wall -o big "$INPUT/big.c"
	under_test ./big
	under_test clang -O1 -S -emit-llvm -o - "$INPUT/big.c" | sha256sum
	under_test clang -fsyntax-only -x c - <<<'int f(void) { return y; }' ||
		echo "status $?"
}
