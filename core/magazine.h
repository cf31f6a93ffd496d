/*
 * magazine: what a thread has freed and will hand out again.  See magazine.c.
 */
#ifndef CORE_MAGAZINE_H
#define CORE_MAGAZINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/atomics.h"
#include "core/compiler.h"
#include "core/states.h"

/* One object: where it is, and where its state is. */
struct magazine_round {
	uintptr_t p;    /* its address; 0 below the last round of a magazine */
	uint8_t *state; /* OBJECT_KEPT while it is here */
};

/* A class's two magazines of one mcache.  Owner only. */
struct magazines {
	struct magazine_round *out;    /* malloc takes out[-1] */
	struct magazine_round *in;     /* free puts into *in */
	struct magazine_round *in_end; /* no room from here on */
	struct magazine_round *ripe;   /* with in here or above: worth a swap */
	int64_t brought; /* objects to out or a word, less those that may be */
	struct magazine_round *rows; /* both, size + 1 rounds each; or NULL */
	uint16_t size;               /* rounds that a magazine holds */
	uint16_t ripe_bytes;         /* from a magazine's first to ripe */
};

/* Two magazines without room. */
void magazines_init(struct magazines *m);

/* How many rounds there should be, in an mcache that has refilled n times. */
unsigned magazines_size_for(size_t elemsize, unsigned nrefills);

/*
 * Gives both room for `size` rounds, which is more than they have; they are
 * empty.  false: no memory.  Takes mheap.
 */
bool magazines_grow(struct magazines *m, unsigned size);

/* Frees the rows of empty magazines.  Takes mheap. */
void magazines_drop(struct magazines *m);

/* Rounds that malloc has left. */
unsigned magazines_nout(const struct magazines *m);

/* Rounds that free has put in. */
static inline unsigned magazines_nin(const struct magazines *m)
{
	return m->size - (unsigned)(m->in_end - m->in);
}

/* Whether the two should be traded, malloc's being empty. */
static inline bool magazines_are_ripe(const struct magazines *m)
{
	return m->in >= m->ripe;
}

/* From how many rounds on a swap is worth it. */
static inline unsigned magazines_ripe_at(unsigned size)
{
	return size < 4 ? size : 4;
}

/* Objects that may yet be brought: then one is a sample. */
static inline uint64_t magazines_nleft(const struct magazines *m)
{
	return (uint64_t)-m->brought;
}

/*
 * Trades the two, malloc's being empty; false: that would be more objects
 * than are left until a sample.
 */
static ALWAYS_INLINE bool magazines_try_swap(struct magazines *m)
{
	struct magazine_round *empty = m->out;
	int64_t brought = m->brought + magazines_nin(m);

	if (unlikely(brought > 0))
		return false;
	store_relaxed(&m->brought, brought);
	store_relaxed(&m->out, m->in);
	store_relaxed(&m->in, empty);
	store_relaxed(&m->in_end, empty + m->size);
	m->ripe = (struct magazine_round *)((char *)empty + m->ripe_bytes);
	return true;
}

/*
 * The same with as many as may be brought: at most those that are left.
 * false: there is none.
 */
bool magazines_bring(struct magazines *m);

/*
 * Empties both, whatever they say: their owner may have stopped anywhere.
 * The caller sees to the objects.
 */
void magazines_forget(struct magazines *m);

/* Takes any round out, of either; p 0: both are empty. */
struct magazine_round magazines_take(struct magazines *m);

/* The object that was freed last of malloc's magazine, or NULL. */
static ALWAYS_INLINE void *magazines_alloc(struct magazines *m)
{
	struct magazine_round *r = m->out - 1;
	uintptr_t p = r->p;

	if (unlikely(p == 0)) {
		if (!magazines_are_ripe(m) || !magazines_try_swap(m))
			return NULL;
		r = m->out - 1;
		p = r->p;
		if (p == 0)
			__builtin_unreachable();
	}
	store_relaxed(&m->out, r);
	store_relaxed(r->state, OBJECT_LIVE);
	return (void *)p;
}

/* Keeps a live object; false: there is no room. */
static ALWAYS_INLINE bool magazines_free(
	struct magazines *m, uintptr_t p, uint8_t *state)
{
	struct magazine_round *r = m->in;

	if (unlikely(r == m->in_end))
		return false;
	r->p = p;
	r->state = state;
	store_relaxed(state, OBJECT_KEPT);
	store_relaxed(&m->in, r + 1);
	return true;
}

#endif
