/*
 * args: the command line of a verb, read against a table of its options.
 *
 *	static const struct arg_option options[] = {
 *		{"json", 'j', NULL, "print JSON"},
 *		{"interval", 'i', "SECONDS", "between two looks"},
 *		{0},
 *	};
 *	struct args a = {.help = &help, .argc = argc, .argv = argv};
 *	for (int i; (i = args_next(&a)) >= 0;)
 *		switch (i) ...        i is the row, a.value its value
 *	then argv[a.at], ...          what is left
 *
 * Understood: -j, -i 5, -i5, --json, --interval 5, --interval=5, and "--",
 * which ends the options.  So does the first word that is none, unless the
 * verb takes them mixed.  --help (-h)
 * prints the table and ends; an option that is not in the table, and a value
 * that is missing or unwanted, end with STATUS_USAGE.
 */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One option.  A row without a name ends the table. */
struct arg_option {
	const char *name;  /* without its dashes */
	char letter;       /* short form; 0: none */
	const char *value; /* what its value is called; NULL: it has none */
	const char *help;  /* what it does */
};

/* What a verb is, for --help. */
struct arg_help {
	const char *usage; /* "run [OPTION]... -- COMMAND", lines of it */
	const char *text;  /* what it does, lines of at most 80 columns */
	const struct arg_option *options;
};

/* A command line being read. */
struct args {
	const struct arg_help *help; /* the verb's table */
	int argc;                    /* words; fewer at the end, if mixed */
	char **argv;                 /* argv[0] is the verb */
	int at;                      /* next word; 0 before the first call */
	const char *value;           /* of the option just read, or NULL */
	bool mixed;                  /* options may follow other words */
	int nwords;                  /* such words, kept from argv[1] on */
};

enum { ARGS_END = -1 };

/* The next option's row, or ARGS_END. */
int args_next(struct args *a);

/* Prints a verb's help on stdout. */
void args_print_help(const struct arg_help *help);

/* Ends unless exactly so many words are left; what names them. */
void args_expect(const struct args *a, int nwords, const char *what);

/* Bytes: a number and B, K, KiB, M, MiB, G, GiB, T or TiB.  false: no. */
bool args_try_size(const char *text, uint64_t *bytes);

/* A number from min to max, or the end; what names it. */
uint64_t args_number(
	const char *text, const char *what, uint64_t min, uint64_t max);

/* Seconds, with a fraction, or the end. */
double args_seconds(const char *text, const char *what);

/* A process that exists, or the end. */
pid_t args_pid(const char *text);

#endif
