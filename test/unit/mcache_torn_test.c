/*
 * mcache_torn_test: what the magazines of a thread that is gone say may be
 * half changed: the fork, or the jump out of a signal handler, came between
 * two stores of a fast path.  Objects' states alone count.
 */
#include "test/unit/mcaches.h"

enum { TEST_NOBJECTS = 3000 };

static const unsigned classes[] = {2, 20};

static void *objects[TEST_NOBJECTS];

/* Leaves malloc's magazine empty and free's full, in many spans. */
static void test_fill_magazine(struct mcache *c, unsigned class)
{
	struct magazines *m = &c->slots[class].magazines;

	for (int i = 0; i < TEST_NOBJECTS; i++)
		objects[i] = test_alloc(c, class);
	test_flush(c, class);
	ck_assert_uint_gt(m->size, 4);
	for (unsigned i = 0; i < m->size; i++)
		test_free(c, objects[i * 40]);
	ck_assert_uint_eq(magazines_nout(m), 0);
	ck_assert_uint_eq(magazines_nin(m), m->size);
}

/* What magazines_try_swap has stored after so many steps. */
static void test_swap_partly(struct magazines *m, int nsteps)
{
	struct magazine_round *empty = m->out;

	if (nsteps > 0)
		m->out = m->in;
	if (nsteps > 1)
		m->in = empty;
	if (nsteps > 2)
		m->in_end = empty + m->size;
}

static void test_abandon(struct mcache *c)
{
	lock(&c->lock);
	mcache_abandon_locked(c);
	unlock(&c->lock);
}

static unsigned test_count_states(uint8_t state)
{
	unsigned n = 0;

	for (int i = 0; i < TEST_NOBJECTS; i++)
		n += *mspan_state(test_object_at(objects[i])) == state;
	return n;
}

/* An mcache that was abandoned works like a new one. */
static void test_use_again(struct mcache *c, unsigned class)
{
	static void *fresh[TEST_NOBJECTS];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < TEST_NOBJECTS; i++)
			fresh[i] = test_alloc(c, class);
		for (int i = 0; i < TEST_NOBJECTS; i++)
			test_free(c, fresh[i]);
	}
	test_abandon(c);
}

static void test_abandon_partly_swapped(
	struct mcache *c, unsigned class, int nsteps)
{
	struct magazines *m = &c->slots[class].magazines;

	test_fill_magazine(c, class);
	const unsigned nkept = m->size;
	test_swap_partly(m, nsteps);
	c->dead = true;
	test_abandon(c);
	ck_assert_uint_eq(test_count_states(OBJECT_KEPT), 0);
	ck_assert_uint_eq(test_count_states(OBJECT_FREE), nkept);
	ck_assert_uint_eq(
		test_count_states(OBJECT_LIVE), TEST_NOBJECTS - nkept);
	test_use_again(c, class);
}

START_TEST(test_a_swap_may_stop_anywhere)
{
	test_start();
	struct mcache *c = test_thread_mcache();
	for (int nsteps = 0; nsteps <= 3; nsteps++)
		test_abandon_partly_swapped(c, classes[_i], nsteps);
}
END_TEST

/* The pages of a forked child's memory are not all of one moment. */
START_TEST(test_states_alone_are_believed)
{
	const unsigned class = classes[_i];

	test_start();
	struct mcache *c = test_thread_mcache();
	test_fill_magazine(c, class);
	const unsigned nkept = c->slots[class].magazines.size;
	/* Kept, they say; the program has had them since. */
	*mspan_state(test_object_at(objects[0])) = OBJECT_LIVE;
	*mspan_state(test_object_at(objects[40])) = OBJECT_LIVE;
	/* Kept, says the state, and no magazine has it. */
	*mspan_state(test_object_at(objects[1])) = OBJECT_KEPT;
	c->dead = true;
	test_abandon(c);
	ck_assert_uint_eq(test_count_states(OBJECT_KEPT), 0);
	ck_assert_uint_eq(test_count_states(OBJECT_FREE), nkept - 2 + 1);
	ck_assert_uint_eq(
		*mspan_state(test_object_at(objects[0])), OBJECT_LIVE);
	ck_assert_uint_eq(
		*mspan_state(test_object_at(objects[1])), OBJECT_FREE);
	test_use_again(c, class);
}
END_TEST

static void mcache_torn_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_a_swap_may_stop_anywhere, classes);
	UNIT_TABLE(tests, test_states_alone_are_believed, classes);
}
UNIT_MAIN("mcache_torn", mcache_torn_suite)
