# shellcheck shell=bash
# gcc, clang and javac on large inputs, hundreds of megabytes of heap.
# set: long
prepare()
{
	c_make 350 >big.c
	awk 'BEGIN {
		print "import java.util.*;\npublic class Big {"
		for (i = 0; i < 900; i++) {
			printf "static class C%d<T> extends ArrayList<T> {\n", i
			printf "int f(int x) { Map<String, Integer> m = "
			printf "new HashMap<>(); for (int i = 0; i < x; i++) "
			printf "m.merge(\"k\" + i %% %d, i, Integer::sum);\n",
				i + 2
			printf "return m.values().stream().mapToInt(v -> v * %d)",
				i
			printf ".sum(); } }\n"
		}
		print "public static void main(String[] a) { int s = 0;"
		for (i = 0; i < 900; i++)
			printf "s += new C%d<String>().f(%d);\n", i, i % 50
		print "System.out.println(s); } }" }' >Big.java
}
run()
{
	under_test gcc -O3 -w -g -o big "$INPUT/big.c"
	under_test ./big
	under_test clang -O2 -w -g -o big2 "$INPUT/big.c"
	under_test ./big2
	under_test gcc -O2 -w -flto=2 -o big3 "$INPUT/big.c"
	under_test ./big3
	under_test javac -d . "$INPUT/Big.java"
	under_test java Big
	find . -name '*.class' -print0 | sort -z | xargs -0 cat | sha256sum
}
