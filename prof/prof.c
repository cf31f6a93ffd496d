/*
 * prof: from a sampled allocation to its bucket, and from its free back.
 *
 *   malloc  --a sample is due (prof/sampler.h)--> prof_record
 *               stack_take    who called           no lock
 *               bucket_find   stack, size -> bucket
 *               samples_insert  address -> bucket
 *   free    --it is a sample--> prof_forget
 *               samples_remove, bucket_count_free
 *
 * A signal handler that interrupts a thread in here must not wait for the
 * lock.  What it allocates is not sampled.  What it frees is noted in `late`,
 * and removed by whoever takes the lock next.  That is before the address can
 * be a sample again, since it is noted before the memory is free.
 *
 * Locking:    prof, below every other.
 * Context:    busy threads; prof_forget_later also handlers.
 */
#include "prof/prof.h"

#include "prof/buckets.h"
#include "prof/stack.h"

enum { LATE_MAX = 256 /* frees by handlers until the lock is next taken */ };

struct prof prof = {.lock = LOCK_INIT(prof)};

static uintptr_t late[LATE_MAX]; /* atomic: complemented addresses; 0: none */

uint32_t prof_set_rate(uint32_t rate)
{
	return exchange_seqcst(&prof.rate, rate);
}

static void count_free(struct bucket *b)
{
	if (b != NULL)
		bucket_count_free(b);
}

static void remove_late_locked(void)
{
	if (load_acquire(&prof.nlate) == 0) /* pairs: prof_forget_later */
		return;
	store_seqcst(&prof.nlate, 0);
	for (int i = 0; i < LATE_MAX; i++) {
		uintptr_t not_addr = exchange_seqcst(&late[i], 0);
		if (not_addr != 0)
			count_free(samples_remove(~not_addr));
	}
}

void prof_lock(void)
{
	lock(&prof.lock);
	remove_late_locked();
}

void prof_unlock(void)
{
	unlock(&prof.lock);
}

/* Whether whoever watches the peak is to be told. */
static bool peak_is_reached_locked(void)
{
	if (prof.peak_next == 0 || buckets.peak_bytes < prof.peak_next)
		return false;
	prof.peak_next = 0;
	return true;
}

void prof_record(uintptr_t addr, size_t size, size_t weight_size)
{
	struct stack stack;
	bool done = false, told;

	stack_take(&stack);
	prof_lock();
	struct bucket *b = bucket_find(&stack, size, weight_size, prof_rate());
	if (b != NULL) {
		count_free(samples_insert(addr, b, &done));
		if (done)
			bucket_count_alloc(b);
	}
	told = peak_is_reached_locked();
	prof_unlock();
	if (!done)
		fetch_add_relaxed(&prof.nlost, 1);
	if (told)
		prof.peak_told();
}

struct bucket *prof_withdraw(uintptr_t addr)
{
	prof_lock();
	struct bucket *b = samples_remove(addr);
	prof_unlock();
	return b;
}

void prof_withdrawn_freed(struct bucket *b)
{
	prof_lock();
	count_free(b);
	prof_unlock();
}

void prof_withdrawn_kept(uintptr_t addr, struct bucket *b)
{
	bool done;

	prof_lock();
	count_free(samples_insert(addr, b, &done));
	prof_unlock();
}

void prof_forget(uintptr_t addr)
{
	prof_lock();
	count_free(samples_remove(addr));
	prof_unlock();
}

void prof_forget_later(uintptr_t addr)
{
	for (int i = 0; i < LATE_MAX; i++) {
		uintptr_t none = 0;
		if (load_relaxed(&late[i]) != 0 ||
			!try_cas_acqrel(&late[i], &none, ~addr))
			continue;
		/* pairs: remove_late_locked */
		fetch_add_seqcst(&prof.nlate, 1);
		return;
	}
	fetch_add_relaxed(&prof.nlost, 1);
}

void prof_watch_peak(uint64_t bytes, void (*told)(void))
{
	prof_lock();
	prof.peak_told = told;
	prof.peak_next = bytes;
	prof_unlock();
}

/* fork. */

void prof_fork_prepare(void)
{
	lock(&prof.lock);
}

void prof_fork_parent(void)
{
	unlock(&prof.lock);
}

void prof_fork_child(void)
{
	lock_reset(&prof.lock);
}
