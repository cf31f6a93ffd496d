# shellcheck shell=bash
# vim: scripted editing: substitution, global commands, undo and redo, macros,
# lists and dictionaries.
# set: quick
prepare()
{
	text_make 8000 19 >words.txt
	cat >work.vim <<'END'
set nocompatible nomore undolevels=1000 viminfo= noswapfile
edit words.txt
%s/\<\(\w\)\(\w*\)\>/\2\1/g
g/^\d*7 /m0
g/est/d
%!sort -n -k 2
normal gg
let @q = "A+\<Esc>j"
normal 500@q
undo
redo
let rows = map(getline(1, '$'), 'split(v:val)')
let counts = {}
for row in rows
	for word in row
		let counts[word] = get(counts, word, 0) + 1
	endfor
endfor
let names = sort(keys(counts), {a, b -> g:counts[b] - g:counts[a]})
let total = 0
for n in range(1, 20000)
	let total += len(repeat('x', n % 50)) * n
endfor
call append('$', [string(len(rows)), string(len(names)), string(total)])
for i in range(1, 30)
	silent execute 'g/^' .. i .. '/t.'
	silent undo
endfor
write! out.txt
qall!
END
}
run()
{
	cp "$INPUT/words.txt" .
	under_test vim.nox -es -u NONE -i NONE -S "$INPUT/work.vim" </dev/null
	files_sum out.txt
	tail -n 3 out.txt
}
