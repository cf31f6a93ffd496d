# shellcheck shell=bash
# guile: Boehm's collector beside malloc, big numbers by libgmp, threads.
# set: quick
prepare()
{
	cat >work.scm <<'END'
(use-modules (ice-9 threads) (srfi srfi-1) (srfi srfi-69))
(define (fact n) (if (zero? n) 1 (* n (fact (- n 1)))))
(display (modulo (fact 3000) 1000000007)) (newline)
(define table (make-hash-table))
(do ((i 0 (+ i 1))) ((= i 60000))
  (hash-table-set! table (string-append "k" (number->string (modulo (* i 7919)
    30011))) (make-string (modulo i 90) #\x)))
(display (hash-table-fold table (lambda (k v n) (+ n (string-length v))) 0))
(newline)
(display (par-map (lambda (n) (length (filter odd? (iota (* n 20000)))))
  '(1 2 3 4)))
(newline)
(display (string-length (number->string (expt 7 30000)))) (newline)
(gc)
(display (apply + (map (lambda (x) (quotient x 3)) (iota 50000)))) (newline)
END
}
run()
{
	under_test guile --no-auto-compile "$INPUT/work.scm"
}
