/*
 * record: what the parts of libgoalloc-record.so share.  See record.c.
 */
#ifndef PRELOAD_RECORD_H
#define PRELOAD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/compiler.h"
#include "prof/prof.h"
#include "prof/samples.h"
#include "prof/sampler.h"

/* What a thread's calls have in common.  Owner only. */
struct record_thread {
	struct sampler sampler; /* the thread's own */
	uintptr_t inside;       /* frame of a call that is passed on; 0: none */
};

extern _Thread_local struct record_thread record_thread HIDDEN;

/* A sample, perhaps: not in a handler, and not within another call of ours. */
COLD void record_sample(void *p, size_t size);

/* The rest of record_free. */
COLD void record_forget(void *p);

/* An object of size bytes has come from the next allocator; p may be NULL. */
static inline void *record_new(void *p, size_t size)
{
	if (unlikely(p != NULL &&
		     sampler_hit(&record_thread.sampler, size, prof_rate())))
		record_sample(p, size);
	return p;
}

/* p is about to be given back to the next allocator. */
static inline void record_free(void *p)
{
	if (unlikely(samples_may_have((uintptr_t)p)))
		record_forget(p);
}

/*
 * The calls that the next allocator makes from here on are not the program's,
 * until record_outside(old).
 */
static inline uintptr_t record_inside(void)
{
	uintptr_t old = record_thread.inside;

	record_thread.inside = (uintptr_t)__builtin_frame_address(0);
	return old;
}

/* The end of what record_inside began. */
static inline void record_outside(uintptr_t old)
{
	record_thread.inside = old;
}

#endif
