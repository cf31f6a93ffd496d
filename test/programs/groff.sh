# shellcheck shell=bash
# groff: troff and its drivers on a long manual page.
# set: quick
prepare()
{
	{
		echo '.TH WORK 1 2024-01-01'
		text_make 2500 83 | awk 'NR % 20 == 1 { print ".SH PART " NR }
			NR % 7 == 0 { print ".TP\n.B " $2 }
			NR % 11 == 0 { print ".IP \\(bu 3\n.I " $3 }
			{ print }'
	} >work.1
}
run()
{
	under_test groff -man -Tutf8 "$INPUT/work.1" | sha256sum
	under_test groff -man -Tps "$INPUT/work.1" |
		grep -v '^%%CreationDate' | sha256sum
	under_test groff -man -Tascii -P-c "$INPUT/work.1" | tail -n 3
}
