/*
 * prof: the heap profiler's front door: which objects are sampled, and what
 * becomes of them.  See prof.c.
 */
#ifndef PROF_PROF_H
#define PROF_PROF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/lock.h"
#include "prof/sampler.h"
#include "prof/samples.h"

enum { PROF_RATE_DEFAULT = 512 << 10 /* bytes between samples; as Go */ };

/* The profiler.  Guarded by its lock but where it says otherwise. */
struct prof {
	struct lock lock; /* prof */
	uint32_t rate;    /* atomic: mean bytes between samples; 0: none */
	uint32_t nlate;   /* atomic: entries of late in use, or about to be */
	uint64_t nlost;   /* atomic: samples or frees missed for lack of room */
	uint64_t peak_next; /* peak_bytes that calls peak_told; 0: none does */
	void (*peak_told)(void); /* called with the lock dropped */
};

extern struct prof prof;

/* Mean bytes between samples; 1 samples all, 0 none.  Context: any. */
static inline uint32_t prof_rate(void)
{
	return load_relaxed(&prof.rate);
}

/* Sets it and returns the old one. */
uint32_t prof_set_rate(uint32_t rate);

/*
 * An object is a sample: counts it under the caller's stack.  weight_size is
 * the size by which the sampling was decided.  Caller: busy, holds nothing.
 */
void prof_record(uintptr_t addr, size_t size, size_t weight_size);

/*
 * What lies at addr is freed: before the memory can be used again.  Nothing
 * happens if it is no sample.  Caller: busy.
 */
void prof_forget(uintptr_t addr);

/* The same for a handler on a busy thread.  Context: handler. */
void prof_forget_later(uintptr_t addr);

/*
 * The same where the free may fail yet: takes the sample out and returns its
 * bucket, NULL if it is none.  Later it is freed, or put back.  Caller: busy.
 */
struct bucket *prof_withdraw(uintptr_t addr);
void prof_withdrawn_freed(struct bucket *b);
void prof_withdrawn_kept(uintptr_t addr, struct bucket *b);

/* Calls told when the heap's peak has grown to at least `bytes`. */
void prof_watch_peak(uint64_t bytes, void (*told)(void));

/* Takes the lock, after which late frees are counted too; gives it back. */
void prof_lock(void);
void prof_unlock(void);

/* fork: takes the lock; gives it back; makes it new in the child. */
void prof_fork_prepare(void);
void prof_fork_parent(void);
void prof_fork_child(void);

#endif
