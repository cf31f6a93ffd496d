/*
 * malloc_stats does not act on a pending cancellation and does not lose it:
 * the thread gets past malloc_stats and ends at its next cancellation point,
 * which is a write to stderr.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

static volatile bool got_past, got_too_far;

static void *thread(void *arg)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_cancel(pthread_self());
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	malloc_stats();
	got_past = true;
	fputs("a cancellation point\n", stderr);
	got_too_far = true;
	return arg;
}

int main(void)
{
	pthread_t id;
	void *result;
	const int null = open("/dev/null", O_WRONLY), saved = dup(2);

	check(null >= 0 && saved >= 0 && dup2(null, 2) == 2);
	check(pthread_create(&id, NULL, thread, NULL) == 0);
	check(pthread_join(id, &result) == 0);
	check(dup2(saved, 2) == 2);
	check(got_past);
	check(!got_too_far);
	check(result == PTHREAD_CANCELED);
	return 0;
}
