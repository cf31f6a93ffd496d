/*
 * grow: large blocks that grow and shrink by realloc.
 *
 * The block of 256 MiB must never be resident twice, so the peak RSS of the
 * process stays near its size.  A stranger is allocated behind the block now
 * and then, so that growing in place is not always possible.  Then threads
 * grow and shrink blocks of their own beside each other.
 */
#include "stress.h"

enum {
	FINAL = 256 << 20,
	NSTRANGERS = 64,
	THREAD_MAX = 24 << 20,
};

/*
 * One word per page is the page's mark; it moves with the block.  Marks that
 * did not fit whole before from are due now.
 */
static void pages_mark(char *p, size_t from, size_t to, uint64_t id)
{
	size_t first = from < 8 ? 0 : (from - 7 + 4095) & ~(size_t)4095;

	for (size_t i = first; i + 8 <= to; i += 4096) {
		uint64_t word = pattern_word(id, i);
		memcpy(p + i, &word, 8);
	}
}

static void pages_check(const char *p, size_t size, uint64_t id)
{
	for (size_t i = 0; i + 8 <= size; i += 4096) {
		uint64_t word;
		memcpy(&word, p + i, 8);
		if (word != pattern_word(id, i))
			die("block %p+%zu of %zu: %#llx, not %#llx",
				(const void *)p, i, size,
				(unsigned long long)word,
				(unsigned long long)pattern_word(id, i));
	}
}

static size_t size_next(size_t size, uint64_t *random)
{
	switch (random_below(random, 3)) {
	case 0: return size + random_below(random, 1 << 20) + 1;
	case 1: return size + size / 8;
	default: return size + size / 2 + random_below(random, 5000);
	}
}

static void block_grow(void)
{
	uint64_t random = thread_seed(0);
	size_t size = 64 << 10, nsteps = 0;
	void *strangers[NSTRANGERS] = {NULL};
	char *p = malloc(size);

	must(p != NULL);
	pages_mark(p, 0, size, 1);
	while (size < FINAL) {
		size_t next = size_next(size, &random);
		if (next > FINAL)
			next = FINAL;
		p = realloc(p, next);
		must(p != NULL);
		pages_mark(p, size, next, 1);
		size = next;
		if (nsteps % 8 == 0)
			pages_check(p, size, 1);
		void **stranger = &strangers[nsteps++ % NSTRANGERS];
		free(*stranger);
		*stranger = malloc(random_below(&random, 100 << 10) + 1);
		must(*stranger != NULL);
	}
	pages_check(p, size, 1);
	size_t peak = status_read("VmHWM") / 1024;
	printf("%zu steps to %zu MiB, peak RSS %zu MiB\n", nsteps, size >> 20,
		peak);
	if (peak > (FINAL >> 20) * 5 / 4 + 24)
		die("peak RSS %zu MiB for a block of %d MiB", peak,
			FINAL >> 20);
	while (size > 4096) {
		size /= 3;
		p = realloc(p, size);
		must(p != NULL);
		pages_check(p, size, 1);
	}
	free(p);
	for (int i = 0; i < NSTRANGERS; i++)
		free(strangers[i]);
}

static void *resize_run(void *number)
{
	uint64_t id = (uint64_t)(intptr_t)number + 2;
	uint64_t random = thread_seed((int)id);
	char *p = NULL;
	size_t size = 0;
	unsigned nsteps = 0;

	while (nsteps++ < 20 || !time_is_up()) {
		size_t next = random_below(&random, 3) > 0 && size > 0
				      ? size_next(size, &random)
				      : random_below(&random, 1 << 20) + 1;
		if (next > THREAD_MAX)
			next = 40 << 10;
		p = realloc(p, next);
		must(p != NULL);
		pages_check(p, size < next ? size : next, id);
		pages_mark(p, size, next, id);
		size = next;
		must((uintptr_t)p % (next > 8 ? 16 : 8) == 0);
	}
	free(p);
	return NULL;
}

int main(int argc, char **argv)
{
	stress_start(argc, argv, "grow");
	block_grow();
	threads_run(stress.nthreads, resize_run);
	return 0;
}
