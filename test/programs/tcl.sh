# shellcheck shell=bash
# tclsh: values as strings and lists, dictionaries, threads' allocator caches.
# set: quick
prepare()
{
	text_make 12000 79 >words.txt
	cat >work.tcl <<'END'
set f [open [lindex $argv 0]/words.txt]
while {[gets $f line] >= 0} {
	foreach w [lrange $line 1 end-1] { dict incr count $w }
	lappend rows $line
}
set names [lsort -integer -decreasing -stride 2 -index 1 \
	[lsort -stride 2 $count]]
puts [lrange $names 0 5]
set text [join $rows \n]
puts [regsub -all {([aeiou])([a-z])} $text {\2\1} out]
puts [string length $out]
proc fib n { expr {$n < 2 ? $n : [fib [expr {$n - 1}]] + [fib [expr {$n - 2}]]} }
puts [fib 19]
set x 1
for {set i 1} {$i < 1200} {incr i} { set x [expr {$x * $i}] }
puts [string length $x]
for {set i 0} {$i < 40000} {incr i} { set a($i) [string repeat x [expr {$i % 80}]] }
set n 0
foreach k [array names a] { incr n [string length $a($k)] }
puts $n
puts [exec echo from a child]
END
}
run()
{
	under_test tclsh "$INPUT/work.tcl" "$INPUT"
}
