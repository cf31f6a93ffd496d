/*
 * Misuse of free and its relatives is found every time, said in one line, and
 * ends the program.
 */
/* glibc: no, the lines are ours */
/* case: double abort `goalloc: double free of PTR (size class 64)` */
/* case: double_tiny abort `goalloc: double free of PTR (size class 8)` */
/* case: double_first abort `goalloc: double free of PTR (size class 64)` */
/* case: double_late abort `goalloc: double free of PTR (size class 64)` */
/* case: double_other_size abort
 * `goalloc: double free of PTR (size class 1024)` */
/* case: double_remote abort `goalloc: double free of PTR (size class 64)` */
/* case: double_both abort `goalloc: double free of PTR (size class 64)` */
/* case: double_dead abort `goalloc: double free of PTR (size class 64)` */
/* case: double_large abort `goalloc: double free of PTR (free span)` */
/* case: double_realloc abort `goalloc: double free of PTR (size class 64)` */
/* case: double_in_child abort `goalloc: double free of PTR (size class 64)` */
/* case: double_in_handler abort
 * `goalloc: double free of PTR (size class 64)` */
/* case: double_without_memory abort
 * `goalloc: double free of PTR (size class 64)` */
/* case: misaligned abort
 * `goalloc: free of misaligned pointer PTR (size class 64)` */
/* case: misaligned_odd abort
 * `goalloc: free of misaligned pointer PTR (size class 64)` */
/* case: interior abort
 * `goalloc: free of misaligned pointer PTR (size class 4096)` */
/* case: interior_remote abort
 * `goalloc: free of misaligned pointer PTR (size class 64)` */
/* case: interior_large abort
 * `goalloc: free of misaligned pointer PTR (large, 106496 bytes)` */
/* case: interior_large_page abort
 * `goalloc: free of misaligned pointer PTR (large, 106496 bytes)` */
/* case: past_end abort
 * `goalloc: free of misaligned pointer PTR (size class 64)` */
/* case: foreign_static abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: foreign_stack abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: foreign_mmap abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: foreign_code abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: null_page abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: top abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: noncanonical abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: never_allocated abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: never_allocated_slot abort
 * `goalloc: double free of PTR (size class 64)` */
/* case: sized_small abort
 * `goalloc: free_sized with size 100 of PTR (size class 64)` */
/* case: sized_less abort
 * `goalloc: free_sized with size 20 of PTR (size class 64)` */
/* case: sized_large abort
 * `goalloc: free_sized with size 100 of PTR (large, 106496 bytes)` */
/* case: sized_larger abort
 * `goalloc: free_sized with size 200000 of PTR (large, 106496 bytes)` */
/* case: sized_double abort `goalloc: double free of PTR (size class 64)` */
/* case: sized_foreign abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: aligned_sized abort
 * `goalloc: free_sized with size 100 of PTR (size class 64)` */
/* case: aligned_sized_align abort `goalloc: ANY` */
/* case: realloc_freed abort
 * `goalloc: realloc of freed pointer PTR (size class 64)` */
/* case: realloc_freed_to_nothing abort `goalloc: ANY PTR (size class 64)` */
/* case: realloc_misaligned abort
 * `goalloc: realloc of misaligned pointer PTR (size class 64)` */
/* case: realloc_foreign abort
 * `goalloc: realloc of pointer PTR that is not from this heap` */
/* case: reallocf_freed abort
 * `goalloc: realloc of freed pointer PTR (size class 64)` */
/* case: usable_freed abort
 * `goalloc: malloc_usable_size of freed pointer PTR (size class 64)` */
/* case: usable_foreign abort
 * `goalloc: malloc_usable_size of pointer PTR that is not from this heap` */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "test/preload/check.h"

enum { SIZE = 50 /* class 64 */, LARGE = 100000 /* 13 pages of 8 KiB */ };

void free_sized(void *p, size_t size) __attribute__((weak));
void free_aligned_sized(void *p, size_t align, size_t size)
	__attribute__((weak));
void *reallocf(void *p, size_t size) __attribute__((weak));

static char static_bytes[64] __attribute__((aligned(64)));

/* An object among others, so that its span is neither full nor empty. */
static char *object(size_t size)
{
	char *p = NULL;

	for (int i = 0; i < 20; i++) {
		char *q = malloc(size);
		p = i == 10 ? q : p;
	}
	return opaque(p);
}

static char *freed(size_t size)
{
	char *p = object(size);

	free(p);
	return opaque(p);
}

static void use_heap(void)
{
	static void *objects[3000];

	for (int i = 0; i < 3000; i++)
		objects[i] = malloc((size_t)(i % 2000) + 100);
	for (int i = 0; i < 3000; i++)
		free(objects[i]);
}

static void *free_in_thread(void *p)
{
	free(p);
	return NULL;
}

static void *object_in_thread(void *unused)
{
	(void)unused;
	return object(SIZE);
}

static void *run_thread(void *(*function)(void *), void *arg)
{
	pthread_t id;
	void *result;

	check(pthread_create(&id, NULL, function, arg) == 0);
	check(pthread_join(id, &result) == 0);
	return result;
}

static void double_first(void)
{
	char *p = malloc(SIZE);

	free(p);
	free(opaque(p));
}

/* Not the memory of a living object: the class is not used in between. */
static void double_late(void)
{
	char *p = freed(SIZE);

	for (int i = 0; i < 10000; i++)
		free(malloc(200 + (size_t)i));
	use_heap();
	free(p);
}

static void double_remote(void)
{
	free(run_thread(free_in_thread, freed(SIZE)));
}

static void double_both(void)
{
	char *p = object(SIZE);

	run_thread(free_in_thread, p);
	free(p);
}

static void double_dead(void)
{
	char *p = run_thread(object_in_thread, NULL);

	free(p);
	free(opaque(p));
}

static void double_large(void)
{
	free(freed(LARGE));
}

static void double_realloc(void)
{
	char *p = object(SIZE);

	check(realloc(p, 5000) != p);
	free(p);
}

static void double_in_child(void)
{
	char *p = object(SIZE);
	int status;

	free(p);
	pid_t pid = fork();
	if (pid == 0) {
		free(p);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	check(WIFSIGNALED(status));
	raise(WTERMSIG(status));
}

static void *volatile in_handler;

static void handle(int signal)
{
	(void)signal;
	free(in_handler);
}

static void double_in_handler(void)
{
	in_handler = freed(SIZE);
	signal(SIGUSR1, handle);
	raise(SIGUSR1);
}

static void double_without_memory(void)
{
	char *p = freed(SIZE);

	for (size_t size = 1UL << 40; size > 1000; size /= 2)
		while (malloc(size) != NULL && size > 1UL << 20)
			;
	free(p);
}

static void foreign_stack(void)
{
	char bytes[64] __attribute__((aligned(64)));

	free(opaque(bytes));
}

static void *map_page(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* In the heap's address space, far above what is used. */
static void never_allocated(void)
{
	const uintptr_t p = (uintptr_t)object(SIZE);

	free((void *)((p | ((1UL << 32) - 1)) - 4095));
}

/* The last slots of a span that has handed out few. */
static void never_allocated_slot(void)
{
	free((char *)malloc(SIZE) + 64 * 20);
}

static void aligned_sized(void)
{
	free_aligned_sized(opaque(aligned_alloc(64, SIZE)), 64, 100);
}

/* No object of that size and alignment can lie there. */
static void aligned_sized_align(void)
{
	char *p = malloc(SIZE), *next = malloc(SIZE);

	free_aligned_sized(is_aligned(p, 128) ? next : p, 128, SIZE);
}

/* A misuse and its name. */
struct misuse {
	const char *name;
	void (*function)(void); /* or, if NULL, free of what follows */
};

static const struct misuse functions[] = {
	{"double_first", double_first},
	{"double_late", double_late},
	{"double_remote", double_remote},
	{"double_both", double_both},
	{"double_dead", double_dead},
	{"double_large", double_large},
	{"double_realloc", double_realloc},
	{"double_in_child", double_in_child},
	{"double_in_handler", double_in_handler},
	{"double_without_memory", double_without_memory},
	{"foreign_stack", foreign_stack},
	{"never_allocated", never_allocated},
	{"never_allocated_slot", never_allocated_slot},
	{"aligned_sized", aligned_sized},
	{"aligned_sized_align", aligned_sized_align},
};

#define IS(what) (strcmp(name, what) == 0)

/* The pointer that the case gives to free. */
static void *bad_pointer(const char *name)
{
	if (IS("double"))
		return freed(SIZE);
	if (IS("double_tiny"))
		return freed(5);
	if (IS("double_other_size"))
		return freed(1000);
	if (IS("misaligned"))
		return object(SIZE) + 8;
	if (IS("misaligned_odd"))
		return object(SIZE) + 1;
	if (IS("interior"))
		return object(4000) + 2048;
	if (IS("interior_large"))
		return object(LARGE) + 16;
	if (IS("interior_large_page"))
		return object(LARGE) + 8192;
	if (IS("past_end"))
		return object(SIZE) + 64 + 48;
	if (IS("foreign_static"))
		return static_bytes;
	if (IS("foreign_mmap"))
		return map_page();
	if (IS("foreign_code"))
		return dlsym(RTLD_DEFAULT, "printf");
	if (IS("null_page"))
		return (void *)64;
	if (IS("top"))
		return (void *)-64;
	if (IS("noncanonical"))
		return (void *)(1UL << 60);
	return NULL;
}

/* Misuse of another function than free. */
static void misuse_relative(const char *name)
{
	if (IS("interior_remote"))
		run_thread(free_in_thread, object(SIZE) + 16);
	else if (IS("sized_small"))
		free_sized(object(SIZE), 100);
	else if (IS("sized_less"))
		free_sized(object(SIZE), 20);
	else if (IS("sized_large"))
		free_sized(object(LARGE), 100);
	else if (IS("sized_larger"))
		free_sized(object(LARGE), 200000);
	else if (IS("sized_double"))
		free_sized(freed(SIZE), SIZE);
	else if (IS("sized_foreign"))
		free_sized(static_bytes, SIZE);
	else if (IS("realloc_freed"))
		opaque(realloc(freed(SIZE), 60));
	else if (IS("realloc_freed_to_nothing"))
		opaque(realloc(freed(SIZE), 0));
	else if (IS("realloc_misaligned"))
		opaque(realloc(object(SIZE) + 16, 1000));
	else if (IS("realloc_foreign"))
		opaque(realloc(static_bytes, 1000));
	else if (IS("reallocf_freed"))
		opaque(reallocf(freed(SIZE), 1000));
	else if (IS("usable_freed"))
		malloc_usable_size(freed(SIZE));
	else if (IS("usable_foreign"))
		malloc_usable_size(static_bytes);
}

int main(int argc, char **argv)
{
	check(argc == 2);
	const char *name = argv[1];
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (IS(functions[i].name))
			functions[i].function();
	if (bad_pointer(name) != NULL)
		free(bad_pointer(name));
	misuse_relative(name);
	return 0; /* it went unnoticed */
}
