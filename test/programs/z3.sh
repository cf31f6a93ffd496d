# shellcheck shell=bash
# z3: a solver with its own small-object layer above malloc.
# set: quick
prepare()
{
	awk 'BEGIN {
		n = 16
		print "(set-logic QF_LIA)"
		for (i = 0; i < n; i++) {
			printf "(declare-const q%d Int)\n", i
			printf "(assert (and (>= q%d 0) (< q%d %d)))\n", i, i, n
			for (j = 0; j < i; j++) {
				printf "(assert (distinct q%d q%d))\n", i, j
				printf "(assert (distinct (- q%d q%d) %d))\n",
					i, j, i - j
				printf "(assert (distinct (- q%d q%d) %d))\n",
					i, j, j - i
			}
		}
		print "(check-sat)"
	}' >queens.smt2
	cat >bits.smt2 <<'END'
(set-logic QF_BV)
(declare-const a (_ BitVec 12))
(declare-const b (_ BitVec 12))
(assert (= (bvmul a b) #x4b7))
(assert (bvugt a #x001))
(assert (bvugt b #x001))
(assert (= (bvmul ((_ zero_extend 12) a) ((_ zero_extend 12) b)) #x0004b7))
(check-sat)
(push)
(assert (= a #x011))
(check-sat)
(pop)
END
}
run()
{
	under_test z3 -st "$INPUT/queens.smt2" | grep -cE '^ ?\(?:|sat'
	under_test z3 "$INPUT/queens.smt2"
	under_test z3 "$INPUT/bits.smt2"
}
