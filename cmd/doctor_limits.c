/*
 * doctor_limits: what bounds the memory of a program started here.
 *
 * Context:    one thread.
 */
#include "cmd/doctor.h"

#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/figures.h"
#include "cmd/procmaps.h"
#include "cmd/say.h"

#define TABLES (UINT64_C(256) << 20) /* address space before any object */

enum {
	MAP_COUNT_MIN = 65530, /* the kernel's default */
	THREADS_MIN = 64,      /* of a usual program, the helper included */
};

static uint64_t limit_of(int resource)
{
	struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY};

	getrlimit(resource, &r);
	return r.rlim_cur == RLIM_INFINITY ? UINT64_MAX : r.rlim_cur;
}

static void check_rlimit(
	int resource, const char *name, const char *what, uint64_t least)
{
	uint64_t limit = limit_of(resource);
	char size[FIGURES_SIZE];

	if (limit == UINT64_MAX)
		doctor_say(VERDICT_OK, name, NULL, "no limit");
	else
		doctor_say(limit < least ? VERDICT_BITES : VERDICT_NOTE, name,
			limit < least ? "raise it (ulimit), or expect ENOMEM"
				      : NULL,
			"%s: %s", figures_bytes(size, limit), what);
}

static void check_overcommit(void)
{
	char *text = file_read("/proc/sys/vm/overcommit_memory");
	int mode = text != NULL ? atoi(text) : 0;

	if (mode == 2)
		doctor_say(VERDICT_NOTE, "overcommit", NULL,
			"2: memory is charged when it is made writable, so "
			"free memory goes back at once");
	else
		doctor_say(VERDICT_OK, "overcommit", NULL,
			"%d: memory is charged when it is touched", mode);
	free(text);
}

static void check_map_count(void)
{
	char *text = file_read("/proc/sys/vm/max_map_count");
	long n = text != NULL ? atol(text) : MAP_COUNT_MIN;

	if (n >= MAP_COUNT_MIN)
		doctor_say(VERDICT_OK, "max_map_count", NULL, "%ld", n);
	else
		doctor_say(VERDICT_BITES, "max_map_count",
			"sysctl vm.max_map_count=65530",
			"%ld: memory may not go back to the kernel", n);
	free(text);
}

static void check_thp(void)
{
	char *text = file_read("/sys/kernel/mm/transparent_hugepage/enabled");
	char *mode = text != NULL ? strchr(text, '[') : NULL;

	if (mode == NULL)
		doctor_say(VERDICT_NOTE, "huge pages", NULL,
			"the kernel has no transparent ones");
	else if (strncmp(mode, "[never]", 7) == 0)
		doctor_say(VERDICT_NOTE, "huge pages",
			"echo madvise or always to "
			"/sys/kernel/mm/transparent_hugepage/enabled",
			"never: large heaps miss the TLB more often");
	else
		doctor_say(VERDICT_OK, "huge pages", NULL, "%.*s",
			(int)strcspn(mode + 1, "]"), mode + 1);
	free(text);
}

/* Cgroups. */

/* A number in a file of a cgroup; UINT64_MAX: none, or "max". */
static uint64_t cgroup_number(const char *folder, const char *file)
{
	char *path = must_format("/sys/fs/cgroup%s/%s", folder, file);
	char *text = file_read(path);
	uint64_t n = UINT64_MAX;

	if (text != NULL && text[0] >= '0' && text[0] <= '9')
		n = strtoull(text, NULL, 10);
	free(path);
	free(text);
	return n;
}

/* The least limit of the cgroup and those above it. */
static uint64_t cgroup_limit(const char *folder, const char *file)
{
	char at[PATH_MAX];
	uint64_t least = UINT64_MAX;

	snprintf(at, sizeof at, "%s", folder);
	for (;;) {
		uint64_t n = cgroup_number(at, file);
		if (n < least)
			least = n;
		char *slash = strrchr(at, '/');
		if (slash == NULL)
			return least;
		*slash = '\0';
	}
}

/*
 * The folder of this process, below /sys/fs/cgroup; "" at the top.  start is
 * what its line begins with: "0::" in version 2.
 */
static char *cgroup_folder(const char *start, const char *below)
{
	char *text = file_read("/proc/self/cgroup");
	char *at = text != NULL ? strstr(text, start) : NULL;
	char *folder = NULL;

	if (at != NULL) {
		at += strlen(start);
		size_t len = strcspn(at, "\n");
		if (len == 1)
			len = 0; /* "/" */
		folder = must_format("%s%.*s", below, (int)len, at);
	}
	free(text);
	return folder;
}

static void say_cgroup(const char *name, uint64_t limit)
{
	char size[FIGURES_SIZE];

	/* Version 1 says "no limit" by a number near the greatest. */
	if (limit >= UINT64_C(1) << 60)
		doctor_say(VERDICT_OK, name, NULL, "no limit on memory");
	else
		doctor_say(VERDICT_NOTE, name,
			"goalloc run --memlimit auto --gogc N stays below it",
			"%s, then the kernel ends the program",
			figures_bytes(size, limit));
}

static void check_cgroup(void)
{
	char *v2 = cgroup_folder("0::", "");
	char *v1 = cgroup_folder(":memory:", "/memory");

	if (v1 != NULL)
		say_cgroup(
			"cgroup 1", cgroup_limit(v1, "memory.limit_in_bytes"));
	if (v2 != NULL)
		say_cgroup("cgroup 2", cgroup_limit(v2, "memory.max"));
	if (v1 == NULL && v2 == NULL)
		doctor_say(VERDICT_OK, "cgroup", NULL, "none");
	free(v1);
	free(v2);
}

void doctor_check_limits(void)
{
	check_rlimit(RLIMIT_AS, "RLIMIT_AS",
		"the heap and its tables, 136 MiB or more, must fit", TABLES);
	check_rlimit(RLIMIT_DATA, "RLIMIT_DATA", "the heap must fit",
		UINT64_C(64) << 20);
	check_overcommit();
	check_map_count();
	check_thp();
	check_cgroup();
}
