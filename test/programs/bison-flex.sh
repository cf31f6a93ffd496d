# shellcheck shell=bash
# bison, flex and m4: a grammar and a scanner with tables, built and run.
# set: quick
prepare()
{
	cat >calc.y <<'END'
%{
#include <stdio.h>
int yylex(void);
void yyerror(const char *s);
%}
%define api.value.type {double}
%token NUMBER
%left '+' '-'
%left '*' '/'
%precedence NEG
%%
lines: %empty | lines e '\n' { printf("%.6f\n", $2); }
	| lines error '\n' { yyerrok; };
e: NUMBER | e '+' e { $$ = $1 + $3; } | e '-' e { $$ = $1 - $3; }
	| e '*' e { $$ = $1 * $3; } | e '/' e { $$ = $1 / $3; }
	| '-' e %prec NEG { $$ = -$2; } | '(' e ')' { $$ = $2; }
END
	awk 'BEGIN { for (i = 0; i < 120; i++)
		printf "\t| WORD%d e { $$ = $2 * %d; }\n", i, i
		print "\t;\n%%\nvoid yyerror(const char *s) { puts(s); }"
		print "int main(void) { return yyparse(); }" }' >>calc.y
	awk 'BEGIN { for (i = 0; i < 120; i++) printf "%%token WORD%d\n", i }' \
		>tokens
	sed -i '/^%token NUMBER/r tokens' calc.y
	{
		printf '%%{\n#include <stdlib.h>\n#include "calc.tab.h"\n%%}\n'
		printf '%%option noyywrap nounput noinput\n%%%%\n'
		awk 'BEGIN { for (i = 0; i < 120; i++)
			printf "\"word%d\" return WORD%d;\n", i, i }'
		printf '[0-9]+(\.[0-9]*)? yylval = atof(yytext); return NUMBER;\n'
		printf '[ \\t]+ ;\n.|\\n return *yytext;\n'
	} >scan.l
	awk 'BEGIN { for (i = 0; i < 5000; i++)
		printf "%d * (%d + word%d 3.5) - -%d%s\n", i, i * 7, i % 120,
			i % 13, i % 500 == 3 ? " )" : "" }' >sums
}
run()
{
	cp "$INPUT/calc.y" "$INPUT/scan.l" .
	under_test bison -d -v calc.y
	under_test flex scan.l
	files_sum calc.tab.c calc.output lex.yy.c
	gcc -O0 -w -o calc calc.tab.c lex.yy.c
	under_test ./calc <"$INPUT/sums" | sha256sum
}
