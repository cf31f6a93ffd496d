/*
 * lock: 0 free, 1 held, 2 held with sleepers.
 *
 * A contender spins for a while, since sections are short, then sets 2 and
 * sleeps; whoever unlocks a 2 wakes one sleeper, which comes back with 2, so
 * that no later sleeper is forgotten.
 *
 * Context: any but a handler; the caller is busy.
 */
#include "core/lock.h"

#include "core/atomics.h"
#include "core/compiler.h"
#include "core/fatal.h"
#include "core/local.h"
#include "core/os.h"
#include "core/thread.h"

enum {
	FREE = 0,
	HELD = 1,
	CONTENDED = 2,
	SPINS = 100, /* about 1 us; longer only delays the holder on few CPUs */
};

static const char *lock_name(uint32_t rank)
{
#define LOCK_NAME(name, purpose) #name,
	static const char *const names[] = {FOR_EACH_LOCK(LOCK_NAME)};
#undef LOCK_NAME
	return names[rank];
}

/* Ranks held are bits of a word of the thread: the highest must be lower. */
static void check_rank(const struct lock *l)
{
	uint32_t held = thread_self()->held;

	check(thread_self()->busy);
	if (held >> l->rank != 0)
		fatal("lock order: %s taken while holding ranks 0x%x",
			lock_name(l->rank), held);
}

static bool try_lock(struct lock *l)
{
	uint32_t free = FREE;

	return try_cas_acquire(&l->state, &free, HELD); /* pairs: unlock */
}

COLD static void lock_slow(struct lock *l)
{
	for (int i = 0; i < SPINS; i++) {
		local_relax();
		if (load_relaxed(&l->state) == FREE && try_lock(l))
			return;
	}
	while (exchange_acquire(&l->state, CONTENDED) !=
		FREE) /* pairs: unlock */
		os_futex_wait(&l->state, CONTENDED);
}

void lock_one_of_many(struct lock *l)
{
	if (unlikely(!try_lock(l)))
		lock_slow(l);
	if (CHECK_LEVEL >= 1)
		thread_self()->held |= 1u << l->rank;
}

void lock(struct lock *l)
{
	if (CHECK_LEVEL >= 1)
		check_rank(l);
	lock_one_of_many(l);
}

void unlock(struct lock *l)
{
	if (CHECK_LEVEL >= 1) {
		lock_assert_held(l);
		thread_self()->held &= ~(1u << l->rank);
	}
	/* pairs: lock_slow, try_lock */
	if (unlikely(exchange_release(&l->state, FREE) == CONTENDED))
		os_futex_wake(&l->state);
}

void lock_assert_held(const struct lock *l)
{
	if (CHECK_LEVEL >= 1 && load_relaxed(&l->state) == FREE)
		fatal("lock %s is not held", lock_name(l->rank));
}

void lock_reset(struct lock *l)
{
	store_relaxed(&l->state, FREE);
}
