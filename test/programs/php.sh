# shellcheck shell=bash
# php: its own allocator is switched off, so that every value is malloc'ed.
# set: quick
prepare()
{
	text_make 20000 59 >words.txt
	cat >work.php <<'END'
<?php
$count = []; $rows = [];
foreach (file($argv[1] . '/words.txt') as $line) {
	$w = explode(' ', trim($line));
	foreach ($w as $x) $count[$x] = ($count[$x] ?? 0) + 1;
	$rows[] = ['id' => (int)$w[0], 'w' => $w, 'n' => (int)end($w)];
}
ksort($count, SORT_STRING); arsort($count);
print_r(array_slice($count, 0, 3));
$json = json_encode($rows);
echo strlen($json), ' ', sha1($json), ' ', json_decode($json, true) == $rows,
	"\n";
echo preg_match_all('/"([aeiou]\w+)"/', $json, $m), ' ',
	sha1(implode($m[1])), "\n";
class Node { public $l = null; public $r = null;
	function __construct(public int $key) { } }
$root = new Node(1 << 30); $x = 1;
for ($i = 0; $i < 20000; $i++) {
	$x = ($x * 1103515245 + 12345) % 2147483648;
	for ($at = $root; ; $at = $at->$side) {
		$side = $x < $at->key ? 'l' : 'r';
		if (!$at->$side) { $at->$side = new Node($x); break; }
	}
}
function depth($n) { return $n ? 1 + max(depth($n->l), depth($n->r)) : 0; }
echo depth($root), "\n";
$s = '';
for ($i = 0; $i < 200000; $i++) $s .= chr(97 + $i % 26);
echo md5(strrev(ucwords(wordwrap($s, 70, "\n", true)))), "\n";
usort($rows, fn($a, $b) => [$a['n'], $a['id']] <=> [$b['n'], $b['id']]);
echo $rows[0]['id'], ' ', $rows[100]['id'], "\n";
echo unserialize(serialize($rows)) == $rows, "\n";
END
}
run()
{
	USE_ZEND_ALLOC=0 under_test php -n -d memory_limit=-1 \
		"$INPUT/work.php" "$INPUT"
	under_test php -n -r 'echo PHP_OS, " ", array_sum(range(1, 100000)),
		"\n";'
}
