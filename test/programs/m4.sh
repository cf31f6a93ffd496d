# shellcheck shell=bash
# m4: deep recursion, thousands of definitions, diversions.
# set: quick
prepare()
{
	cat >work.m4 <<'END'
divert(-1)
define(`loop', `ifelse(eval($1 <= $2), 1, `$3($1)loop(incr($1), $2, `$3')')')
define(`put', `define(`m$1', `body $1 of text and '`format(`%0300d', $1)')')
define(`get', `m$1 len(m$1) index(m$1, `of')
')
loop(1, 4000, `put')
define(`fib', `ifelse(eval($1 < 2), 1, $1,
	`eval(fib(decr($1)) + fib(eval($1 - 2)))')')
divert(3)loop(1, 2000, `get')
divert(2)loop(2001, 4000, `get')
divert(0)dnl
eval(2 ** 30 - 1) translit(`hello', `a-z', `A-Z') fib(15)
patsubst(`some words here', `\([a-z]*\)e', `<\1>')
esyscmd(`echo from a child')dnl
END
}

run()
{
	under_test m4 -L 100000 "$INPUT/work.m4" >out
	grep -v body out
	files_sum out
}
