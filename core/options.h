/*
 * options: what a user may choose, read from the environment at start.
 *
 *   GOGC=value, GOMEMLIMIT=value   Go's variables, one value each
 *   GODEBUG=key=value,...          Go's variable, with Go's keys
 *   GOALLOC_GOGC, GOALLOC_GOMEMLIMIT, GOALLOC_GODEBUG
 *                                  the same; win over Go's, for a program
 *                                  that shares them with a Go program
 *   GOALLOC=key=value,...          what Go has no name for
 *
 * A key alone means key=1; of two values for one key the last one counts.
 * Until options_read, and for every value that cannot be read, the default
 * holds.
 */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

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
		"memory given back is made inaccessible as well")              \
	X(gctrace, 0, 0, 1, "", "print one line for each collection")          \
	X(gcpacertrace, 0, 0, 1, "",                                           \
		"print what the pacer planned and what came of it")            \
	X(gcstoptheworld, 0, 0, 2, "",                                         \
		"1 marks with the world stopped, 2 sweeps so as well")         \
	X(gccheckmark, 0, 0, 1, "",                                            \
		"mark twice, the second time stopped, and compare")            \
	X(gcsound, 0, 0, 1, "",                                                \
		"count uses of what was found unreachable, free none of it")   \
	X(clobberfree, 0, 0, 1, "", "overwrite what a sweep frees")            \
	X(memprofilerate, 0, 0, INT_MAX, "",                                   \
		"mean bytes between heap profile samples; 0 takes none")

#define FOR_EACH_GOALLOC_OPTION(X)                                             \
	X(tiny, 1, 0, 1, "",                                                   \
		"objects of 8 bytes or less take 8 bytes, aligned to 8")       \
	X(zero_realloc, ZERO_REALLOC_FREE, 0, 1, "free|alloc",                 \
		"realloc(p, 0) frees p, or gives an object of no bytes")       \
	X(free, FREE_DEFERRED, 0, 2, "deferred|now|ignore",                    \
		"with GOGC: free(p) waits for a mark, acts at once, or not")   \
	X(unreachable, UNREACHABLE_RECLAIM, 0, 2, "reclaim|report|keep",       \
		"with GOGC: what becomes of objects never freed")              \
	X(barrier, BARRIER_AUTO, 0, 5,                                         \
		"auto|uffd|devuffd|snapshot|softdirty|stw",                    \
		"with GOGC: how writes during a mark are found")               \
	X(profile_format, PROFILE_PB, 0, 1, "pb|text",                         \
		"what heap profiles are: gzipped profile.proto, or text")      \
	X(profile_interval, 0, 0, INT_MAX, "",                                 \
		"write a heap profile every so many seconds; 0: do not")       \
	X(profile_peak, 0, 0, 1, "",                                           \
		"write the heap as it was when it was greatest")               \
	X(profile_signal, 0, 0, 64, "",                                        \
		"write a heap profile at this signal; 0: at none")             \
	X(profile_listen, 1, 0, 1, "",                                         \
		"where profiles are taken: answer goalloc profile PID")        \
	X(profile_seed, 0, 0, INT_MAX, "",                                     \
		"sample the same allocations in each run; 0: others")          \
	X(verbose, 0, 0, 1, "", "print every option and its value at start")   \
	X(help, 0, 0, 1, "", "print this table at start")

/* X(name, values, help): the keys of GOALLOC whose value is any text. */
#define FOR_EACH_TEXT_OPTION(X)                                                \
	X(profile, "path",                                                     \
		"write heap profiles to path.PID.exit.pb.gz and so on")

enum { OPTION_TEXT_MAX = 512 /* bytes of such a text, with its final 0 */ };

/*
 * X(name, field, default, is_size, help): the variables that hold one value,
 * off by default.  A size is in bytes, has a suffix, or is "auto".
 */
#define FOR_EACH_VARIABLE_OPTION(X)                                            \
	X(GOGC, gogc, GOGC_OFF, false,                                         \
		"heap growth in per cent that starts a collection")            \
	X(GOMEMLIMIT, gomemlimit, GOMEMLIMIT_OFF, true,                        \
		"with GOGC: memory to stay below, as 512MiB; auto: cgroup's")

#define GOGC_OFF        INT64_C(-1)
#define GOMEMLIMIT_OFF  INT64_MAX /* as Go has it: no limit */
#define GOMEMLIMIT_AUTO INT64_C(-1)

enum zero_realloc {
	ZERO_REALLOC_FREE,  /* as glibc */
	ZERO_REALLOC_ALLOC, /* as BSD */
};

/* What free(p) does where a collector runs. */
enum free_mode {
	FREE_DEFERRED, /* p is reused once a mark finds no pointer to it */
	FREE_NOW,      /* p may be reused at once */
	FREE_IGNORE,   /* nothing, but for the checks of misuse */
};

/* What a sweep does with objects that nobody freed or can reach. */
enum unreachable_mode {
	UNREACHABLE_RECLAIM, /* frees them */
	UNREACHABLE_REPORT,  /* lists them by call site, frees none */
	UNREACHABLE_KEEP,    /* nothing */
};

/* How writes to pages during a mark are found; best first. */
enum barrier {
	BARRIER_AUTO,      /* the first rung that works here */
	BARRIER_UFFD,      /* userfaultfd(2), write-protected asynchronously */
	BARRIER_DEVUFFD,   /* the same through /dev/userfaultfd */
	BARRIER_SNAPSHOT,  /* none needed: a forked child marks its copy */
	BARRIER_SOFTDIRTY, /* /proc/self/clear_refs and pagemap */
	BARRIER_STW,       /* none: the program waits while the mark runs */
};

/* What heap profiles are written as. */
enum profile_format {
	PROFILE_PB,   /* profile.proto, gzipped */
	PROFILE_TEXT, /* as gperftools writes them */
};

/*
 * One field per option, int but for texts and variables with one value. Written
 * once, before main; read by anyone.
 */
struct options {
#define OPTION_FIELD(name, fallback, min, max, words, help) int name;
	FOR_EACH_GODEBUG_OPTION(OPTION_FIELD)
	FOR_EACH_GOALLOC_OPTION(OPTION_FIELD)
#undef OPTION_FIELD
#define VARIABLE_FIELD(name, field, fallback, is_size, help) int64_t field;
	FOR_EACH_VARIABLE_OPTION(VARIABLE_FIELD)
#undef VARIABLE_FIELD
#define TEXT_FIELD(name, values, help) char name[OPTION_TEXT_MAX];
	FOR_EACH_TEXT_OPTION(TEXT_FIELD)
#undef TEXT_FIELD
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
