/*
 * 100,000 short threads that allocate, free some of it and leave the rest to
 * the main thread: what they had is used again, so memory stays flat.
 */
/* slow: it starts 100,000 threads */
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { NTHREADS = 100000, TOGETHER = 4, WARM = 2000, KEPT = 8 };

static void *thread(void *arg)
{
	void **kept = malloc(KEPT * sizeof *kept);

	for (int i = 0; i < 40; i++) {
		void *p = malloc((size_t)(i * 53 % 900));
		memset(p, 1, (size_t)(i * 53 % 900));
		if (i < KEPT)
			kept[i] = p;
		else
			free(p);
	}
	(void)arg;
	return kept;
}

static void run_threads(int n)
{
	pthread_t ids[TOGETHER];
	void *result;

	for (int i = 0; i < n; i += TOGETHER) {
		for (int j = 0; j < TOGETHER; j++)
			check(pthread_create(&ids[j], NULL, thread, NULL) == 0);
		for (int j = 0; j < TOGETHER; j++) {
			check(pthread_join(ids[j], &result) == 0);
			void **kept = result;
			for (int k = 0; k < KEPT; k++)
				free(kept[k]);
			free(kept);
		}
	}
}

int main(void)
{
	run_threads(WARM);
	const long before = rss_kib();
	run_threads(NTHREADS - WARM);
	check_cmp(rss_kib(), <, before + 1024);
	return 0;
}
