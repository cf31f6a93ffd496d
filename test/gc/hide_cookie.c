/* A stream's cookie is known to the stream, and the stream to libc only. */
#include "test/gc/herd.h"

static uint32_t nwritten;

static ssize_t cookie_write(void *cookie, const char *text, size_t size)
{
	(void)cookie;
	check(size == 5 && memcmp(text, "hello", 5) == 0);
	nwritten++;
	return (ssize_t)size;
}

static void plant(void)
{
	const cookie_io_functions_t functions = {.write = cookie_write};

	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		FILE *f =
			fopencookie(planted(herd_add(16 + i)), "w", functions);
		check(f != NULL && fputs("hello", f) >= 0);
	}
}

int main(void)
{
	const int status = herd_run(plant);

	check(fflush(NULL) == 0);
	check_cmp(nwritten, ==, HERD_USUAL);
	return status;
}
