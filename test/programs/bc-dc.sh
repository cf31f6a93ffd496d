# shellcheck shell=bash
# bc and dc: numbers of thousands of digits, all of them malloc'ed.
# set: quick
run()
{
	under_test bc -l -q <<'END' | sha256sum
scale = 400
4 * a(1)
e(1)
define f(n) { if (n < 2) return (1); return (n * f(n - 1)); }
f(900)
x = 1
for (i = 0; i < 2500; i++) { x = x * 3 + i }
x
sqrt(2)
END
	under_test dc <<'END' | sha256sum
[d1-d1<F*]sF 700lFxp
3 2000^p
[la1+dsap3000>L]sL
1 2000^ 7 1500^ 13 /p
2 k 2v p 100 k 2v p
16o 3 500^p
END
	under_test bc -q <<<'1 / 0' 2>&1
}
