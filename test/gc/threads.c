/*
 * Threads and libraries come and go while another thread collects without
 * pause.  What a thread was given, holds for a moment in its frames, its TLS
 * or a library's data, and gives back, is intact at every step.
 */
/* cases: short_lived detached libraries */
/* control: no, every object is in use */
/* seconds: 40 */
#include "test/gc/herd.h"

enum { NTHREADS = 4, ROUNDS = 60, SIZE = 300 };

static __thread unsigned char *in_tls;
static bool stop;
static int nrunning;
static char library_path[4200];

static void *collect_always(void *arg)
{
	while (!flag_is_set(&stop)) {
		gc_now();
		usleep(100);
	}
	return arg;
}

/* Leaves its argument only in TLS for a while, then gives it back. */
static void *pass_on(void *arg)
{
	check(is_filled(arg, SIZE, 1));
	in_tls = malloc(SIZE);
	fill(in_tls, SIZE, 2);
	unsigned char *const copy = malloc(SIZE);
	memcpy(copy, arg, SIZE);
	usleep(500);
	check(is_filled(in_tls, SIZE, 2) && is_filled(copy, SIZE, 1));
	__atomic_fetch_sub(&nrunning, 1, __ATOMIC_SEQ_CST);
	return copy;
}

static void run_short_lived(void)
{
	pthread_t ids[NTHREADS];
	void *result;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < NTHREADS; i++) {
			void *arg = malloc(SIZE);
			fill(arg, SIZE, 1);
			check(pthread_create(&ids[i], NULL, pass_on, arg) == 0);
		}
		for (int i = 0; i < NTHREADS; i++) {
			check(pthread_join(ids[i], &result) == 0);
			check(is_filled(result, SIZE, 1));
		}
	}
}

static void run_detached(void)
{
	pthread_attr_t attr;
	pthread_t id;

	check(pthread_attr_init(&attr) == 0);
	check(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	for (int i = 0; i < ROUNDS * NTHREADS; i++) {
		void *arg = malloc(SIZE);
		fill(arg, SIZE, 1);
		__atomic_fetch_add(&nrunning, 1, __ATOMIC_SEQ_CST);
		check(pthread_create(&id, &attr, pass_on, arg) == 0);
		while (__atomic_load_n(&nrunning, __ATOMIC_SEQ_CST) > NTHREADS)
			usleep(50);
	}
	while (__atomic_load_n(&nrunning, __ATOMIC_SEQ_CST) > 0)
		usleep(50);
}

static void use_library(void)
{
	void *library = dlopen(library_path, RTLD_NOW);
	check(library != NULL);
	void **(*data)(void) = (void **(*)(void))dlsym(library, "library_data");
	void **(*tls)(void) = (void **(*)(void))dlsym(library, "library_tls");

	check(data != NULL && tls != NULL);
	*data() = malloc(SIZE);
	fill(*data(), SIZE, 1);
	*tls() = malloc(SIZE);
	fill(*tls(), SIZE, 2);
	usleep(1000);
	check(is_filled(*data(), SIZE, 1) && is_filled(*tls(), SIZE, 2));
	check(dlclose(library) == 0);
}

static void run_libraries(void)
{
	const ssize_t n = readlink("/proc/self/exe", library_path, 4000);

	check(n > 0);
	library_path[n] = 0;
	strcpy(strrchr(library_path, '/'), "/root_static_lib.so");
	for (int i = 0; i < ROUNDS; i++)
		use_library();
}

int main(int argc, char **argv)
{
	pthread_t collector;

	check(argc == 2);
	herd_start();
	check(pthread_create(&collector, NULL, collect_always, NULL) == 0);
	if (strcmp(argv[1], "short_lived") == 0)
		run_short_lived();
	else if (strcmp(argv[1], "detached") == 0)
		run_detached();
	else
		run_libraries();
	flag_set(&stop, true);
	check(pthread_join(collector, NULL) == 0);
	if (gc_is_on()) /* a stop may be given up, but not as a rule */
		check_cmp(gc_cycles_done() - herd_cycles, >=, herd_asked / 2);
	return 0;
}
