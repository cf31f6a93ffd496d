/*
 * load: the parts of load.h that are not on any hot path.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>

_Noreturn void load_die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

_Noreturn void load_die_corrupt(const struct block *b)
{
	fprintf(stderr, "load: block %p of %" PRIu32 " bytes is corrupt\n",
		(const void *)b, b->size);
	exit(1);
}

double load_scale(int argc, char **argv, int index)
{
	if (argc <= index)
		return 1;
	char *end;
	const double scale = strtod(argv[index], &end);

	if (*end != '\0' || !(scale > 0))
		load_die("the scale must be a positive number");
	return scale;
}

size_t load_count(double scale, size_t count)
{
	const size_t scaled = (size_t)(scale * (double)count);

	return scaled > 0 ? scaled : 1;
}

int load_finish(uint64_t checksum)
{
	printf("%016" PRIx64 "\n", checksum);
	return 0;
}

void load_run_threads(
	int nthreads, void *(*body)(void *), void *args, size_t arg_size)
{
	pthread_t threads[LOAD_MAX_THREADS];

	for (int i = 0; i < nthreads; i++) {
		char *arg = (char *)args + (size_t)i * arg_size;

		if (pthread_create(&threads[i], NULL, body, arg) != 0)
			load_die("cannot start a thread");
	}
	for (int i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
}
