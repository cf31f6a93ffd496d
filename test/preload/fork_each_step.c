/*
 * A signal handler forks between any two instructions of malloc and free.
 * Both processes allocate in the handler, go on with the interrupted call and
 * find what they had.
 */
/* glibc: no, its malloc is not promised to survive that */
/* slow: a fork for every instruction */
#include <stdlib.h>
#include <sys/wait.h>

#include "test/preload/step.h"

enum {
	NSLOTS = 70, /* more than a magazine holds */
	SIZE = 48,
	FAR = 50, /* instructions: more than the longest way without a lock */
	CHILD_IS_FINE = 3,
};

static void *slots[NSLOTS];
static pid_t child;

static void act(void)
{
	child = fork();
	check(child >= 0);
	for (size_t size = 1; size < 200000; size *= 7)
		free(realloc(malloc(size), size + 50));
}

static void slot_fill(unsigned i, void *p)
{
	check(p != NULL);
	slots[i] = p;
	fill(p, SIZE, i);
}

static void slot_free(unsigned i)
{
	check(is_filled(slots[i], SIZE, i));
	free(slots[i]);
	slots[i] = NULL;
}

/* After the call: the child says how it is, the parent listens. */
static void part(bool acted)
{
	int status;

	if (!acted)
		return;
	if (child == 0) {
		for (unsigned i = 0; i < NSLOTS; i++) {
			if (slots[i] != NULL)
				slot_free(i);
			slot_fill(i, malloc(SIZE));
		}
		for (unsigned i = 0; i < NSLOTS; i++)
			slot_free(i);
		_exit(CHILD_IS_FINE);
	}
	check(waitpid(child, &status, 0) == child && WIFEXITED(status));
	check_cmp(WEXITSTATUS(status), ==, CHILD_IS_FINE);
}

static void free_stepped(unsigned i, long until)
{
	void *p = slots[i];

	check(is_filled(p, SIZE, i));
	slots[i] = NULL;
	step_begin(act, until);
	free(p);
	part(step_end());
}

static void malloc_stepped(unsigned i, long until)
{
	step_begin(act, until);
	void *p = malloc(SIZE);
	const bool acted = step_end();

	slot_fill(i, p);
	part(acted);
}

/* The last free finds the magazine full, the first malloc swaps them. */
static void try_step(long until)
{
	for (unsigned i = 1; i < NSLOTS - 4; i++)
		slot_free(i);
	free_stepped(0, until);
	malloc_stepped(0, until);
	malloc_stepped(1, until);
	for (unsigned i = 2; i < NSLOTS - 4; i++)
		slot_fill(i, malloc(SIZE));
	free_stepped(NSLOTS - 1, until);
	malloc_stepped(NSLOTS - 1, until);
}

int main(void)
{
	step_init();
	for (unsigned i = 0; i < NSLOTS; i++)
		slot_fill(i, malloc(SIZE));
	for (long until = 1; until < FAR; until++)
		try_step(until);
	return 0;
}
