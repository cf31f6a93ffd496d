/*
 * A signal handler comes between any two instructions of malloc and free, and
 * calls them itself, also for what its thread was working with.  No object is
 * handed out twice, and none is lost for good.
 *
 * The program goes through all that malloc and free do without a lock, and
 * what is behind that now and then.  Once the handler comes after the first
 * instruction of each call, once after the second, and so on; at last it
 * comes after each one.
 */
/* glibc: no, it deadlocks here, as POSIX lets it */
/* slow: a signal for every instruction */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/step.h"

enum {
	NSLOTS = 150, /* more than two magazines hold */
	NFULL = 62, /* frees: either a magazine is full, or the next fills it */
	NSTEPPED = 5, /* calls on either side of a change */
	HANDLER_SLOTS = 8,
	FAR = 60, /* instructions: more than the longest way without a lock */
	MAX_RSS_KIB = 20000,
};

static const size_t sizes[] = {48, 1000};

/* An object whose contents say which it is. */
struct slot {
	void *p;
	unsigned seed;
};

static struct slot slots[NSLOTS], own[HANDLER_SLOTS];
static size_t size;
static int in_use = -1; /* slot that the interrupted call is about */
static unsigned turn;   /* of the handler, and a number for each object */

static void slot_free(struct slot *s)
{
	void *p = s->p;

	check(p == NULL || is_filled(p, size, s->seed));
	s->p = NULL;
	free(p);
}

static void slot_fill(struct slot *s, void *p)
{
	check(p != NULL);
	s->p = p;
	s->seed = ++turn;
	fill(p, size, s->seed);
}

/* In the handler: objects of its own, and one of the program's. */
static void act(void)
{
	struct slot *s = &slots[turn * 7 % NSLOTS];

	for (int i = 0; i < 3; i++) {
		struct slot *mine = &own[turn % HANDLER_SLOTS];
		slot_free(mine);
		slot_fill(mine, malloc(size));
	}
	if (s - slots == in_use || s->p == NULL)
		return;
	slot_free(s);
	slot_fill(s, malloc(size));
}

/* Steps a call that acts after so many instructions; whether it was short. */
static bool free_stepped(int i, long until)
{
	void *p = slots[i].p;

	check(p == NULL || is_filled(p, size, slots[i].seed));
	in_use = i;
	slots[i].p = NULL;
	step_begin(act, until);
	free(p);
	step_end();
	in_use = -1;
	return step_count < FAR;
}

static bool malloc_stepped(int i, long until)
{
	in_use = i;
	step_begin(act, until);
	void *p = malloc(size);
	step_end();
	slot_fill(&slots[i], p);
	in_use = -1;
	return step_count < FAR;
}

/* Frees until the magazine is full, allocates until it is empty. */
static int go_round(long until)
{
	int i = 0, nshort = 0;

	malloc_trim(0); /* empties it, and collects what handlers have freed */
	while (i < NFULL)
		slot_free(&slots[i++]);
	for (; i < NFULL + NSTEPPED; i++)
		nshort += free_stepped(i, until);
	while (--i > NFULL)
		nshort += malloc_stepped(i, until);
	for (; i >= NSTEPPED; i--)
		slot_fill(&slots[i], malloc(size));
	for (; i >= 0; i--)
		nshort += malloc_stepped(i, until);
	for (i = 0; i < NSLOTS; i++)
		check(is_filled(slots[i].p, size, slots[i].seed));
	return nshort;
}

static void try_size(void)
{
	for (int i = 0; i < NSLOTS; i++)
		slot_fill(&slots[i], malloc(size));
	/* All the same where no handler comes: nearly all are short. */
	check_cmp(go_round(1000000), >, 2 * NSTEPPED);
	for (long until = 1; until < FAR; until++)
		go_round(until);
	if (size < 100) /* what handlers get from early is not used again */
		go_round(-1);
	for (int i = 0; i < NSLOTS; i++)
		slot_free(&slots[i]);
	for (int i = 0; i < HANDLER_SLOTS; i++)
		slot_free(&own[i]);
}

int main(void)
{
	step_init();
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size = sizes[i];
		try_size();
	}
	check_cmp(rss_kib(), <, MAX_RSS_KIB);
	return 0;
}
