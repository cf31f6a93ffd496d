/*
 * Signal handlers jump out of malloc and free, from between any two of their
 * instructions, as programs do that give up what takes too long.  The thread
 * goes on, and what it has leaves with it when it ends.
 *
 * POSIX promises nothing of the kind.  Here it holds for what malloc and free
 * do without a lock, which is nearly always.
 */
/* glibc: no, it is not promised */
/* slow: a signal for every instruction */
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>

#include "test/preload/step.h"

enum {
	NSLOTS = 150, /* more than two magazines hold */
	NFULL = 64,   /* more than one */
	SIZE = 48,
	FAR = 50, /* instructions: more than the longest way without a lock */
	NROUNDS = 3, /* the same again must not take more memory */
	MAX_GROWTH_KIB = 2000,
};

/* What is interrupted. */
enum call { FREE_KEEPS, FREE_FINDS_NO_ROOM, MALLOC_SWAPS, MALLOC_POPS, NCALLS };

/* One thread's part. */
struct life {
	enum call call;
	long until;
	void *slots[NSLOTS];
	sigjmp_buf out;
};

static _Thread_local struct life *self;

static void act(void)
{
	siglongjmp(self->out, 1);
}

static void slot_fill(struct life *l, unsigned i)
{
	l->slots[i] = malloc(SIZE);
	check(l->slots[i] != NULL);
	fill(l->slots[i], SIZE, i);
}

static void slot_free(struct life *l, unsigned i)
{
	void *p = l->slots[i];

	l->slots[i] = NULL;
	check(p == NULL || is_filled(p, SIZE, i));
	free(p);
}

/* Brings the magazines to where the call will do what it is to do. */
static void prepare(struct life *l)
{
	static const unsigned nfrees[NCALLS] = {3, NFULL, NFULL, NFULL};

	for (unsigned i = 0; i < NSLOTS; i++)
		slot_fill(l, i);
	for (unsigned i = 0; i < 2 * NFULL; i++) /* both are full */
		slot_free(l, i);
	for (unsigned i = 0; i < 2 * NFULL; i++) /* and empty */
		slot_fill(l, i);
	for (unsigned i = 0; i < nfrees[l->call]; i++)
		slot_free(l, i);
	if (l->call == MALLOC_POPS)
		slot_fill(l, 0);
}

/* Where it is interrupted, the object of the call may be lost. */
static void be_interrupted(struct life *l)
{
	void *volatile p = l->slots[NSLOTS - 1];

	if (sigsetjmp(l->out, 1) != 0)
		return;
	if (l->call < MALLOC_SWAPS) {
		l->slots[NSLOTS - 1] = NULL;
		step_begin(act, l->until);
		free(p);
		step_end();
	} else {
		step_begin(act, l->until);
		p = malloc(SIZE);
		step_end();
		free(p);
	}
}

static void *live(void *arg)
{
	struct life *l = arg;

	self = l;
	prepare(l);
	be_interrupted(l);
	for (int round = 0; round < 3; round++)
		for (unsigned i = 0; i < NSLOTS; i++) {
			slot_free(l, i);
			slot_fill(l, i);
		}
	for (unsigned i = 0; i < NSLOTS; i++)
		slot_free(l, i);
	return NULL;
}

static void go_round(void)
{
	static struct life l;
	pthread_t thread;

	for (int call = 0; call < NCALLS; call++)
		for (long until = 1; until < FAR; until++) {
			l.call = (enum call)call;
			l.until = until;
			check(pthread_create(&thread, NULL, live, &l) == 0);
			check(pthread_join(thread, NULL) == 0);
		}
}

int main(void)
{
	step_init();
	go_round();
	const long before = rss_kib();
	for (int i = 1; i < NROUNDS; i++)
		go_round();
	check_cmp(rss_kib() - before, <, MAX_GROWTH_KIB);
	return 0;
}
