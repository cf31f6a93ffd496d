# shellcheck shell=bash
# gs: PostScript to PDF and to an image, with its own allocator above malloc.
# set: quick
prepare()
{
	cat >page.ps <<'END'
%!PS
/seed 1 def
/next { /seed seed 16807 mul 2147483647 mod cvi def seed 2147483647 div } def
/Times-Roman findfont 9 scalefont setfont
1 1 4 {
	/pagenumber exch def
	1 1 60 {
		/row exch def
		40 row 12 mul 20 add moveto
		(page ) show pagenumber 10 string cvs show
		( row ) show row 10 string cvs show
		row 7 mod { ( some words of text) show } repeat
	} for
	1 1 400 {
		pop newpath
		next 500 mul 50 add next 700 mul 50 add moveto
		3 { next 500 mul 50 add next 700 mul 50 add } repeat curveto
		next next next setrgbcolor
		next 2 gt { fill } { stroke } ifelse
	} for
	showpage
} for
END
}
run()
{
	under_test gs -q -dNOPAUSE -dBATCH -dSAFER -sDEVICE=png16m -r60 \
		-o page%d.png "$INPUT/page.ps"
	files_sum page?.png
	under_test gs -q -dNOPAUSE -dBATCH -sDEVICE=pdfwrite -o out.pdf \
		"$INPUT/page.ps"
	under_test gs -q -dNOPAUSE -dBATCH -sDEVICE=pgmraw -r60 -o out.pgm \
		out.pdf
	files_sum out.pgm
	under_test gs -q -dNODISPLAY -dBATCH -c \
		'/d 5000 dict def 0 1 4999 { dup d 3 1 roll put } for
		d length == 100 { 65000 array pop } repeat 2 vmreclaim quit'
}
