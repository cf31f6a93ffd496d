/*
 * magazine: two small stacks of freed objects for each class of an mcache,
 * in front of its spans (Bonwick and Adams, "Magazines and Vmem", 2001).
 *
 *   free   --push--> in                     full: the object goes to its span
 *   malloc <--pop--- out                    empty: a cached word of the span
 *                    in <--swap--> out      when out and the word are empty
 *
 * malloc takes from one and free puts into the other: what malloc loads was
 * never stored by the free just before it.  One stack for both costs more
 * than none, since the processor holds malloc's loads back until it knows
 * where that free has stored (figures in HACKING.md).
 *
 * What is in a magazine is OBJECT_KEPT: free to the program, so that a second
 * free is found, and in use to its span, which therefore stays where it is.
 * A magazine starts without room and earns it by refills; small programs
 * have none.
 *
 * Invariants: out > its row, in <= in_end; the round below each row is 0.
 *             an object in a magazine lies in a span that the mcache owns.
 *             of a thread that is gone none of this need hold, since its fast
 *             path may have stopped anywhere (magazines_forget).
 * Context:    the owner, where no handler can interrupt it (core/thread.h).
 */
#include "core/magazine.h"

#include "core/bits.h"
#include "core/fixalloc.h"
#include "core/mheap.h"

enum {
	SIZE_FIRST = 15,       /* with the round below it: 4 cache lines */
	SIZE_MAX_ROUNDS = 63,  /* likewise 16 */
	ROW_BYTES_MAX = 65536, /* objects in a magazine, together */
	REFILLS_FIRST = 1,     /* a class that is used at all */
	REFILLS_MANY = 3,      /* one that is used much */
};

/* The round below the first, and where none is, for all magazines without rows.
 */
static struct magazine_round no_round[2];

void magazines_init(struct magazines *m)
{
	m->rows = NULL;
	m->size = m->ripe_bytes = 0;
	m->out = m->in = m->in_end = no_round + 1;
	m->ripe = no_round + 2;
}

unsigned magazines_size_for(size_t elemsize, unsigned nrefills)
{
	unsigned most = SIZE_MAX_ROUNDS;

	if (nrefills < REFILLS_FIRST)
		return 0;
	while (most > SIZE_FIRST && most * elemsize > ROW_BYTES_MAX)
		most /= 2;
	return nrefills < REFILLS_MANY ? SIZE_FIRST : most;
}

/* Cache lines of two rows. */
static unsigned rows_nlines(unsigned size)
{
	size_t bytes = 2 * (size + 1) * sizeof(struct magazine_round);

	return (unsigned)ceil_div(bytes, FIXALLOC_LINE);
}

void magazines_drop(struct magazines *m)
{
	struct magazine_round *rows = m->rows;
	unsigned nlines = rows_nlines(m->size);

	magazines_init(m);
	if (rows == NULL)
		return;
	lock(&mheap.lock);
	fixalloc_give(FIXALLOC_ROWS, rows, nlines);
	unlock(&mheap.lock);
}

void magazines_forget(struct magazines *m)
{
	if (m->rows == NULL)
		return; /* nothing ever changes */
	m->rows[0].p = m->rows[m->size + 1].p = 0;
	m->out = m->rows + 1;
	m->in = m->rows + m->size + 2;
	m->in_end = m->in + m->size;
	m->ripe = m->in + magazines_ripe_at(m->size);
}

bool magazines_grow(struct magazines *m, unsigned size)
{
	lock(&mheap.lock);
	struct magazine_round *rows =
		fixalloc_take(FIXALLOC_ROWS, rows_nlines(size));
	unlock(&mheap.lock);
	if (rows == NULL)
		return false;
	magazines_drop(m);
	m->rows = rows;
	m->size = (uint16_t)size;
	m->ripe_bytes = (uint16_t)(magazines_ripe_at(size) * sizeof *rows);
	magazines_forget(m);
	return true;
}

/* The row that `at`, one past some round of it, belongs to. */
static struct magazine_round *row_of(
	const struct magazines *m, const struct magazine_round *at)
{
	return at > m->rows + m->size + 1 ? m->rows + m->size + 2 : m->rows + 1;
}

unsigned magazines_nout(const struct magazines *m)
{
	struct magazine_round *out = load_relaxed(&m->out);
	ptrdiff_t n = m->rows != NULL ? out - row_of(m, out) : 0;

	/* Asked by another thread, it may be anything for a moment. */
	return n >= 0 && n <= m->size ? (unsigned)n : 0;
}

bool magazines_bring(struct magazines *m)
{
	unsigned nin = magazines_nin(m);

	if (nin <= magazines_nleft(m))
		return nin > 0 && magazines_try_swap(m);
	unsigned n = (unsigned)magazines_nleft(m);
	for (unsigned i = 0; i < n; i++)
		m->out[i] = m->in[(int)i - (int)n];
	store_relaxed(&m->out, m->out + n);
	m->in -= n;
	store_relaxed(&m->brought, 0);
	return n > 0;
}

struct magazine_round magazines_take(struct magazines *m)
{
	const struct magazine_round none = {0};

	if (magazines_nout(m) > 0)
		return *--m->out;
	if (magazines_nin(m) > 0)
		return *--m->in;
	return none;
}
