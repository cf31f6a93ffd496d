/*
 * 512 MiB in 2 M blocks of 16 to 495 bytes, all touched, then freed: after
 * five idle seconds, without a call, at most 40 MiB are resident, and at most
 * 80 if one block in a thousand lives on.
 */
/* slow: it waits five seconds */
/* glibc: no, it keeps its memory */
/* case: all exit 0 */
/* case: survivors exit 0 */
/* case: threads exit 0 */
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { NBLOCKS = 2000000, NTHREADS = 4, IDLE = 5 /* s */ };
enum { ALL_KIB = 40 << 10, SURVIVORS_KIB = 80 << 10 };

static char **blocks;
static uint64_t random_state = 88172645463325252;

static unsigned next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 32);
}

static void allocate(int from, int to)
{
	for (int i = from; i < to; i++) {
		const size_t size = 16 + (size_t)i * 7919 % 480;
		blocks[i] = malloc(size);
		check(blocks[i] != NULL);
		memset(blocks[i], 1, size);
	}
}

static void *allocate_part(void *arg)
{
	const int part = (int)(intptr_t)arg, each = NBLOCKS / NTHREADS;

	allocate(part * each, (part + 1) * each);
	return NULL;
}

static void allocate_in_threads(void)
{
	pthread_t threads[NTHREADS];

	for (intptr_t i = 0; i < NTHREADS; i++)
		check(pthread_create(&threads[i], NULL, allocate_part,
			      (void *)i) == 0);
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
}

/* In random order, as far as one pass of swaps makes it. */
static void shuffle(void)
{
	for (int i = 0; i < NBLOCKS; i++) {
		const int j = (int)(next_random() % NBLOCKS);
		char *p = blocks[i];
		blocks[i] = blocks[j];
		blocks[j] = p;
	}
}

int main(int argc, char **argv)
{
	check(argc == 2);
	const bool survivors = strcmp(argv[1], "survivors") == 0;
	const size_t size = NBLOCKS * sizeof *blocks;

	blocks = malloc(size);
	if (strcmp(argv[1], "threads") == 0)
		allocate_in_threads();
	else
		allocate(0, NBLOCKS);
	check_cmp(rss_kib(), >, 450 << 10);
	shuffle();
	for (int i = 0; i < NBLOCKS; i++)
		if (!survivors || i % 1000 != 0)
			free(blocks[i]);
	free(blocks);
	sleep(IDLE);
	check_cmp(rss_kib(), <=, survivors ? SURVIVORS_KIB : ALL_KIB);
	return 0;
}
