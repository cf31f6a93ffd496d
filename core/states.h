/*
 * states: the state of every object of a span, a byte each, 64 at a time.
 *
 * A byte and not a bit: malloc and free then store without a look at the
 * neighbours, so that neither waits for the other's last change of the word,
 * and another thread may change one object's state beside them.
 *
 * The functions read bytes that others may be writing; each byte is seen as
 * it was at some moment of the call.
 */
#ifndef CORE_STATES_H
#define CORE_STATES_H

#include <stdint.h>

#include "config.h"

/* The program has what is odd. */
enum object_state {
	OBJECT_FREE,    /* in its span, cached words included */
	OBJECT_LIVE,    /* the program has it */
	OBJECT_KEPT,    /* freed, in a magazine of its span's owner */
	OBJECT_SAMPLED, /* as live; the heap profile hears of its free */
};

#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__)
#include "core/states_x86_64.h"
#else
#include "core/states_generic.h"
#endif

#endif
