/*
 * check: how a test program says that something is wrong.
 *
 * A program exits with 0 and prints nothing when all is well.  Nothing here
 * allocates, so a check may fail at any point of the allocator's life.
 */
#ifndef TEST_PRELOAD_CHECK_H
#define TEST_PRELOAD_CHECK_H

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define check(cond)                                                            \
	do {                                                                   \
		if (!(cond))                                                   \
			check_failed(__FILE__, __LINE__, #cond);               \
	} while (0)

/* The same where the values say more than the condition. */
#define check_cmp(a, op, b)                                                    \
	do {                                                                   \
		const long long check_a = (long long)(a);                      \
		const long long check_b = (long long)(b);                      \
		if (!(check_a op check_b))                                     \
			check_failed_cmp(__FILE__, __LINE__,                   \
				#a " " #op " " #b, check_a, check_b);          \
	} while (0)

static inline void check_failed(const char *file, int line, const char *what)
{
	dprintf(2, "%s:%d: %s, errno %d\n", file, line, what, errno);
	_exit(1);
}

static inline void check_failed_cmp(
	const char *file, int line, const char *what, long long a, long long b)
{
	dprintf(2, "%s:%d: %s: %lld and %lld\n", file, line, what, a, b);
	_exit(1);
}

/* Whether the program runs without the library, to test the test. */
static inline bool on_glibc(void)
{
	return dlsym(RTLD_DEFAULT, "goalloc_version") == NULL;
}

/* Threads of this process, as the kernel counts them.  Allocates. */
static inline int proc_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = 0;

	check(dir != NULL);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* Keeps the compiler from knowing what p points at. */
static inline void *opaque(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

/* Fills p so that check_filled can tell whether it is still the same. */
static inline void fill(void *p, size_t size, unsigned seed)
{
	unsigned char *bytes = (unsigned char *)p;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(seed + i * 7 + (i >> 8));
}

static inline bool is_filled(const void *p, size_t size, unsigned seed)
{
	const unsigned char *bytes = (const unsigned char *)p;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != (unsigned char)(seed + i * 7 + (i >> 8)))
			return false;
	return true;
}

static inline bool is_zero(const void *p, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)p;

	return size == 0 ||
	       (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static inline bool is_aligned(const void *p, size_t align)
{
	return (uintptr_t)p % align == 0;
}

/* The number after a field such as "VmRSS:" of a /proc file, or -1. */
static inline long proc_field(const char *path, const char *field)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	long value = -1;

	check(f != NULL);
	while (fgets(text, sizeof text, f) != NULL)
		if (strncmp(text, field, strlen(field)) == 0)
			sscanf(text + strlen(field), "%ld", &value);
	fclose(f);
	return value;
}

/* Resident memory of this process in KiB. */
static inline long rss_kib(void)
{
	return proc_field("/proc/self/status", "VmRSS:");
}

#endif
