/*
 * options: what a user may choose, read from the environment at start.
 *
 *   GODEBUG=key=value,...          Go's variable, with Go's keys
 *   GOALLOC_GODEBUG=key=value,...  the same keys; wins over GODEBUG, for a
 *                                  program that shares it with a Go program
 *   GOALLOC=key=value,...          what Go has no name for
 *
 * A key alone means key=1; of two values for one key the last one counts.
 * Until options_read, and for every value that cannot be read, the default
 * holds.
 */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include <stddef.h>

#include "core/compiler.h"

/*
 * X(name, default, min, max, words, help).  words names the values from min
 * on, "a|b"; where it is empty the value is a number.  These tables make the
 * struct, the parser, GOALLOC=help and the README's table.
 */
#define FOR_EACH_GODEBUG_OPTION(X)                                             \
	X(inittrace, 0, 0, 1, "", "print one line when the library starts")    \
	X(madvdontneed, 1, 0, 1, "",                                           \
		"how memory goes back: 1 MADV_DONTNEED, 0 MADV_FREE")          \
	X(scavtrace, 0, 0, 1, "", "print what the scavenger gives back")       \
	X(harddecommit, 0, 0, 1, "",                                           \
		"memory given back is made inaccessible as well")

#define FOR_EACH_GOALLOC_OPTION(X)                                             \
	X(tiny, 1, 0, 1, "",                                                   \
		"objects of 8 bytes or less take 8 bytes, aligned to 8")       \
	X(zero_realloc, ZERO_REALLOC_FREE, 0, 1, "free|alloc",                 \
		"realloc(p, 0) frees p, or gives an object of no bytes")       \
	X(verbose, 0, 0, 1, "", "print every option and its value at start")   \
	X(help, 0, 0, 1, "", "print this table at start")

enum zero_realloc {
	ZERO_REALLOC_FREE,  /* as glibc */
	ZERO_REALLOC_ALLOC, /* as BSD */
};

/* One int per option.  Written once, before main; read by anyone. */
struct options {
#define OPTION_FIELD(name, fallback, min, max, words, help) int name;
	FOR_EACH_GODEBUG_OPTION(OPTION_FIELD)
	FOR_EACH_GOALLOC_OPTION(OPTION_FIELD)
#undef OPTION_FIELD
};

extern struct options options HIDDEN;

/*
 * Sets the options from the environment; says what it cannot read on stderr,
 * a line each.  envp ends with NULL.
 */
void options_read(char *const *envp);

/* The value of the first variable of that name in envp, or NULL. */
const char *options_getenv(char *const *envp, const char *name);

/* Writes "name=value name=value ..." and a final 0; returns its length. */
size_t options_format(char *buf, size_t size);

/* Says every option, its value and its default, a line each. */
void options_print(void);

/* Says what every option does, a line each. */
void options_help(void);

#endif
