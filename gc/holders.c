/*
 * holders: pointers that are nowhere in memory that one could read at leisure.
 *
 *   a thread    registers, its stack from the stack pointer up, TLS; a malloc
 *               that has taken an object and not returned it yet
 *   the kernel  data of events, timers, signals (shims/kernel_held.c)
 *   ourselves   early memory: the program's, inside the library's data
 *
 * What lies below a stack pointer is nobody's, so stacks are taken out of the
 * roots and read here, as far as they are in use.  A thread that runs on
 * another stack than its own (a coroutine) has that one among the roots, and
 * its own as well.
 *
 * Context:    the collector's thread; the world is stopped but for
 *             holders_cut_running.
 */
#include "gc/holders.h"

#include "core/bits.h"
#include "core/early.h"
#include "core/mcache.h"
#include "core/thread.h"
#include "gc/stw.h"
#include "shims/kernel_held.h"
#include "shims/threads.h"

enum { RED_ZONE = 128 /* bytes below a stack pointer in use */ };

bool holders_cut_running(struct roots *r)
{
	size_t end = mutators_end();

	for (size_t i = 0; i < end; i++) {
		const struct mutator *m = mutators_at(i);
		if (m == NULL || load_relaxed(&m->tid) == 0 ||
			m->stack_high == 0)
			continue;
		if (!roots_cut_stack(
			    r, m->stack_high - m->stack_size, m->stack_high))
			return false;
	}
	return true;
}

static void cut_thread(void *roots, const struct stopped_thread *t)
{
	if (t->stack_end != 0)
		roots_cut_stack(roots, t->stack_lo, t->stack_end);
}

void holders_cut_stopped(struct roots *r)
{
	stw_visit_threads(cut_thread, r);
}

/*
 * A thread was stopped in a fast path, or in a handler that interrupted one:
 * its malloc may have taken an object whose address is in no register yet.
 */
static void mark_in_flight(struct marker *m, const struct mcache *c)
{
	for (unsigned class = 1; class < NCLASSES; class ++) {
		struct mspan *s = c->slots[class].current;
		unsigned w = s->cached_word;
		if (s == &mspan_none)
			continue;
		for (uint64_t live = mspan_allocated_bits(s, w); live != 0;
			live &= live - 1)
			mark_object(
				m, (struct objref){s, w * 64 + ctz64(live)});
	}
}

static void mark_thread(void *marker, const struct stopped_thread *t)
{
	struct marker *m = marker;
	uintptr_t sp = align_down(t->sp, sizeof sp);

	mark_roots(m, &t->sp, 1); /* a stack in the heap lives */
	if (t->core != NULL && t->core->own != NULL && t->core->mcache == NULL)
		mark_in_flight(m, t->core->own);
	mark_roots(m, t->registers, t->nregisters / sizeof sp);
	if (t->stack_end != 0)
		roots_mark_words(m, sp - RED_ZONE, t->stack_end);
	if (t->tls_lo != 0)
		roots_mark_words(m, t->tls_lo, t->tls_hi);
}

static void mark_held(void *marker, uintptr_t word)
{
	mark_roots(marker, &word, 1);
}

uint64_t holders_mark(struct marker *m)
{
	uint64_t before = m->scanned_bytes;
	uintptr_t lo, hi;

	stw_visit_threads(mark_thread, m);
	shims_visit_kernel_held(mark_held, m);
	early_static(&lo, &hi);
	roots_mark_words(m, lo, hi);
	return m->scanned_bytes - before;
}
