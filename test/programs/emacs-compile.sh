# shellcheck shell=bash
# emacs byte-compiles five of its own large files.
# set: long
run()
{
	local files=() f

	for f in /usr/share/emacs/28.2/lisp/{simple,files,subr,isearch,replace}; do
		zcat "$f.el.gz" >"${f##*/}.el"
		files+=("${f##*/}.el")
	done
	under_test emacs -Q --batch -f batch-byte-compile "${files[@]}"
	files_sum ./*.elc
}
