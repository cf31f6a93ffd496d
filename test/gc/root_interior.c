/*
 * Any address in an object keeps it, and so does the one just behind its end,
 * which C lets a program hold.  In a packed struct a pointer may lie at any
 * multiple of four.
 */
/* cases: start second_byte middle last_byte past_end */
/* cases: packed_static packed_heap packed_stack across_pages */
#include <sys/mman.h>

#include "test/gc/herd.h"

enum { NOBJECTS = 120 };

static const char *which;
static void *volatile places[NOBJECTS];
static size_t sizes[NOBJECTS];

struct __attribute__((packed, aligned(4))) packed {
	uint32_t tag;
	void *pointer;
};

static struct packed packed_static[NOBJECTS];
static struct packed *volatile packed_places = packed_static;

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

/* Sizes that fill their slots, as malloc_usable_size tells, and large ones. */
static size_t size_of(int i)
{
	void *p = malloc(
		i % 20 == 19 ? 40000 + (size_t)i * 4000 : 16 + (size_t)i * 50);
	const size_t size = malloc_usable_size(p);

	free(p);
	return size;
}

static size_t offset_in(size_t size)
{
	return is("second_byte") ? 1
	       : is("middle")    ? size / 2
	       : is("last_byte") ? size - 1
	       : is("past_end")  ? size
				 : 0;
}

static void plant(void)
{
	for (int i = 0; i < NOBJECTS; i++)
		places[i] = planted(
			(char *)herd_add(sizes[i]) + offset_in(sizes[i]));
}

static void plant_packed(void)
{
	for (int i = 0; i < NOBJECTS; i++)
		packed_places[i].pointer = planted(herd_add(sizes[i]));
}

/* The pointer's bytes lie half on one page and half on the next. */
static void plant_across(void)
{
	char *p = mmap(NULL, (NOBJECTS + 1) * 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	for (int i = 0; i < NOBJECTS; i++) {
		void *value = planted(herd_add(sizes[i]));
		memcpy(p + (i + 1) * 4096 - 4, &value, sizeof value);
	}
}

__attribute__((noinline)) static void run_on_stack(void)
{
	struct packed local[NOBJECTS];

	memset(local, 0, sizeof local);
	packed_places = local;
	herd_plant(plant_packed);
	opaque(local);
	herd_collect();
	opaque(local);
}

int main(int argc, char **argv)
{
	check(argc == 2);
	which = argv[1];
	herd_start();
	for (int i = 0; i < NOBJECTS; i++)
		sizes[i] = size_of(i);
	if (is("packed_stack")) {
		run_on_stack();
		return herd_end();
	}
	if (is("packed_heap"))
		packed_places = calloc(NOBJECTS, sizeof *packed_places);
	herd_plant(is("across_pages")                 ? plant_across
		   : strncmp(which, "packed", 6) == 0 ? plant_packed
						      : plant);
	herd_collect();
	return herd_end();
}
