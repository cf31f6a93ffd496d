/*
 * Data and bss are roots: the program's, and those of a library, from the
 * moment it is loaded until it is unloaded.
 */
/* cases: data bss library_data library_bss */
/* case: unloaded aim=gone */
#include "test/gc/herd.h"

static void *in_data[3] = {&in_data, NULL, &in_data};
static void *in_bss[300];
static void **place;

static void plant(void)
{
	*place = herd_planted(HERD_USUAL);
}

/* The library lies beside the program. */
static void *library_open(void)
{
	char path[4096], *slash;
	const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 100);

	check(n > 0);
	path[n] = 0;
	slash = strrchr(path, '/');
	strcpy(slash, "/root_static_lib.so");
	void *library = dlopen(path, RTLD_NOW);
	check(library != NULL);
	return library;
}

static void **library_place(void *library, const char *name)
{
	void **(*function)(void) = (void **(*)(void))dlsym(library, name);

	check(function != NULL);
	return function();
}

int main(int argc, char **argv)
{
	void *library = NULL;

	check(argc == 2);
	herd_start();
	gc_now(); /* a library that comes after the first cycle counts too */
	if (strcmp(argv[1], "data") == 0)
		place = &in_data[1];
	else if (strcmp(argv[1], "bss") == 0)
		place = &in_bss[200];
	else {
		library = library_open();
		place = library_place(library, strcmp(argv[1], "unloaded") == 0
						       ? "library_bss"
						       : argv[1]);
	}
	herd_plant(plant);
	if (strcmp(argv[1], "unloaded") == 0) {
		check(dlclose(library) == 0);
		herd_collect();
		return herd_end();
	}
	herd_collect();
	check(*place == herd_value());
	return herd_end();
}
