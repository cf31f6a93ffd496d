# shellcheck shell=bash
# gdb: reads debug information of a generated program, runs it to breakpoints,
# walks stacks and prints with python.  The debugged program is preloaded too.
# set: quick
prepare()
{
	c_make 60 >big.c
	gcc -g -O0 -w -o big big.c
}
run()
{
	under_test gdb -nx -batch -iex 'set debuginfod enabled off' \
		-ex 'set disable-randomization on' \
		-ex 'set startup-with-shell off' \
		-ex 'break f7 if x > 3' -ex run -ex 'info locals' -ex bt \
		-ex finish -ex 'ptype struct s8' -ex 'info line f30' \
		-ex 'python print(sum(i * i for i in range(20000)))' \
		-ex 'info functions f[0-9]*5$' -ex 'delete' -ex continue \
		"$INPUT/big" >gdb.out 2>gdb.err
	sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/process [0-9]+/process/g' gdb.out |
		grep -vE '^(\[Thread debugging|Using host libthread_db)' |
		grep -vE '^[ip] = '
}
