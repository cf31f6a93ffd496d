/*
 * truth: a program whose memory is known to the byte, for goalloc compare to
 * find out.  Prints what it holds when it holds most, as JSON:
 *
 *   requested   live bytes, as asked for
 *   touched     of the large block
 *   large       the large block
 *   between     bytes of freed blocks between live ones
 *   own         a mapping that is no allocator's
 *
 * At its greatest it goes on with tiny allocations for a while, so that it
 * is seen like that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
	NBLOCKS = 20000,
	BLOCK = 1000,
	LARGE = 64 << 20,
	TOUCHED = 4 << 20,
	OWN = 16 << 20,
	LINGER_MS = 400,
};

static char *blocks[2 * NBLOCKS];

static void *touched(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		abort();
	return memset(p, 1, size);
}

/* Allocates, so that questions are answered, until the time is over. */
static void linger(void)
{
	struct timespec start;
	struct timespec now;
	const struct timespec nap = {.tv_nsec = 200000};

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		free(touched(24));
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 +
			 (now.tv_nsec - start.tv_nsec) / 1000000 <
		 LINGER_MS);
}

int main(void)
{
	for (int i = 0; i < 2 * NBLOCKS; i++)
		blocks[i] = touched(BLOCK);
	for (int i = NBLOCKS; i < 2 * NBLOCKS; i += 2)
		free(blocks[i]);
	char *large = malloc(LARGE);
	if (large == NULL)
		return 1;
	memset(large, 1, TOUCHED);
	void *own = mmap(NULL, OWN, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (own == MAP_FAILED)
		return 1;
	memset(own, 1, OWN);
	linger();
	printf("{\"requested\": %d, \"large\": %d, \"touched\": %d, "
	       "\"between\": %d, \"own\": %d}\n",
		(NBLOCKS + NBLOCKS / 2) * BLOCK + LARGE, LARGE, TOUCHED,
		NBLOCKS / 2 * BLOCK, OWN);
	return large[0] + blocks[0][0] - 2;
}
