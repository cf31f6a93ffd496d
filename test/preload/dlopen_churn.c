/*
 * Shared objects come and go while threads use the heap: ld.so allocates and
 * frees through the library, dynamic TLS included.
 */
#include <pthread.h>
#include <stdlib.h>

#include "test/preload/check.h"

enum { ROUNDS = 60 };

static void *churn(void *arg)
{
	const char *const names[] = {"libm.so.6", "libresolv.so.2",
		"libstdc++.so.6", "libnss_files.so.2"};

	for (int i = 0; i < ROUNDS; i++)
		for (int n = 0; n < 4; n++) {
			void *lib = dlopen(names[n], RTLD_NOW);
			if (lib == NULL)
				continue;
			dlsym(lib, "a_symbol_that_is_not_there");
			check(dlerror() != NULL);
			check(dlclose(lib) == 0);
		}
	return arg;
}

int main(void)
{
	pthread_t threads[3];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			check(pthread_create(&threads[i], NULL, churn, NULL) ==
				0);
		for (int i = 0; i < 3; i++)
			pthread_join(threads[i], NULL);
	}
	return 0;
}
