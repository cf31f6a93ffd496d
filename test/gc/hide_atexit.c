/* Arguments of exit handlers, some hundred of them, wait in libc's lists. */
#include "test/gc/herd.h"

int __cxa_atexit(void (*function)(void *), void *arg, void *dso);

static uint32_t ncalled;

static void note(void *arg)
{
	check(arg == planted(unhide(herd[HERD_USUAL - 1 - ncalled].hidden)));
	ncalled++;
}

static void note_status(int status, void *arg)
{
	check(status == 0);
	note(arg);
}

static void plant(void)
{
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		void *p = planted(herd_add(16 + i));
		check((i % 2 == 0 ? on_exit(note_status, p)
				  : __cxa_atexit(note, p, NULL)) == 0);
	}
}

/* Called last. */
static void end(void)
{
	check_cmp(ncalled, ==, HERD_USUAL);
}

int main(void)
{
	check(atexit(end) == 0);
	const int status = herd_run(plant);

	if (status != 0)
		_exit(status);
	return 0;
}
