/*
 * Thread-local storage is a root: static, of a library loaded later, small
 * (which may lie in the space ld.so keeps for it) and large (which ld.so
 * allocates), and pthread_setspecific's values, the first 32 and those beyond.
 * The main thread's, and that of a thread that computes or waits.
 */
/* cases: static library_tls library_large_tls specific specific_beyond */
/* cases: static_main specific_main */
#include <semaphore.h>

#include "test/gc/herd.h"

enum { NKEYS = 200 };

static __thread void *volatile in_tls[100];
static pthread_key_t keys[NKEYS];
static const char *which;
static void *library;
static sem_t go_on;
static void *found;

static bool is(const char *word)
{
	return strncmp(which, word, strlen(word)) == 0;
}

static void **library_place(void)
{
	void **(*function)(void) = (void **(*)(void))dlsym(library, which);

	check(function != NULL);
	return function();
}

static pthread_key_t key(void)
{
	return keys[strcmp(which, "specific_beyond") == 0 ? NKEYS - 1 : 3];
}

static void *read_place(void)
{
	if (is("library"))
		return *library_place();
	if (is("specific"))
		return pthread_getspecific(key());
	return in_tls[70];
}

static void put_in_place(void)
{
	if (is("library"))
		*library_place() = herd_value();
	else if (is("specific"))
		check(pthread_setspecific(key(), herd_value()) == 0);
	else
		in_tls[70] = herd_value();
}

static void *hold(void *arg)
{
	herd_plant(put_in_place);
	flag_set(&held, true);
	if (arg != NULL)
		check(sem_wait(&go_on) == 0);
	else
		hold_spinning();
	found = read_place();
	return NULL;
}

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

static void library_open(void)
{
	char path[4096];
	const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 100);

	check(n > 0);
	path[n] = 0;
	strcpy(strrchr(path, '/'), "/root_static_lib.so");
	library = dlopen(path, RTLD_NOW);
	check(library != NULL);
}

static void hold_in_threads(void)
{
	for (int blocked = 0; blocked < 2; blocked++) {
		pthread_t id;

		flag_set(&held, false);
		flag_set(&released, false);
		check(pthread_create(
			      &id, NULL, hold, blocked ? &go_on : NULL) == 0);
		herd_collect_while_held();
		check(sem_post(&go_on) == 0);
		check(pthread_join(id, NULL) == 0);
		check(found == herd_value());
		found = NULL;
	}
}

int main(int argc, char **argv)
{
	check(argc == 2 && sem_init(&go_on, 0, 0) == 0);
	which = argv[1];
	herd_start();
	for (int i = 0; i < NKEYS; i++)
		check(pthread_key_create(&keys[i], NULL) == 0);
	library_open();
	herd_plant(plant);
	if (strstr(which, "_main") != NULL) {
		herd_plant(put_in_place);
		herd_collect();
		check(read_place() == herd_value());
	} else {
		hold_in_threads();
	}
	scrub();
	return herd_end();
}
