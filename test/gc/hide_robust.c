/*
 * Robust mutexes that a thread holds, and that nobody else knows any more,
 * are in a list that the thread's descriptor heads; its death unlocks them.
 * Without robustness (the control) nothing knows them.
 */
/* open: * control, three of four stay alive */
#include "test/gc/herd.h"

static void *lock_all(void *arg)
{
	pthread_mutexattr_t attr;
	const bool robust = herd_aim != AIM_CONTROL;

	check(pthread_mutexattr_init(&attr) == 0);
	check(pthread_mutexattr_setrobust(&attr,
		      robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED) ==
		0);
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		pthread_mutex_t *m = malloc(sizeof *m + 16 + i);
		herd_adopt(m, sizeof *m + 16 + i, sizeof *m);
		check(pthread_mutex_init(m, &attr) == 0);
		check(pthread_mutex_lock(m) == 0);
	}
	scrub();
	hold_spinning();
	return arg;
}

int main(void)
{
	pthread_t id;

	herd_start();
	check(pthread_create(&id, NULL, lock_all, NULL) == 0);
	herd_collect_while_held();
	const int status = herd_end();
	check(pthread_join(id, NULL) == 0);
	return status;
}
