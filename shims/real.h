/*
 * real: the next definition of every function that a shim stands before.
 *
 * REAL(read)(fd, buf, n) calls what the program would have called without
 * the library.  Each pointer starts at a function that looks the next
 * definition up, stores it and goes on with the call: a call costs no test,
 * and works before the constructor as well.  real_find_all, when a collector
 * starts, sees to it that none is looked up in a signal handler later.
 *
 * Context: any.
 */
#ifndef SHIMS_REAL_H
#define SHIMS_REAL_H

#include "core/atomics.h"
#include "core/compiler.h"
#include "shims/functions.h"

/*
 * The definition is what the program calls in the place of libc's.  With a
 * sanitizer only the program itself does: its runtime needs the real ones.
 */
#if SANITIZED
#define SHIM HIDDEN
#else
#define SHIM __attribute__((visibility("default")))
#endif

/* One pointer per function: to the next definition, or to its finder. */
struct real_functions {
#define REAL_FIELD(type, name, params, args, ...) type(*name) params;
	FOR_EACH_SHIM(REAL_FIELD)
#undef REAL_FIELD
};

extern struct real_functions real HIDDEN;

#define REAL(name) load_relaxed(&real.name)

/* Looks all of them up now.  Context: not a handler; no lock held. */
void real_find_all(void);

#endif
