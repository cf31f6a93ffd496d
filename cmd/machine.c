/*
 * machine: kernel, processor, memory, limits, by name.
 *
 * The cgroup's limit is the lowest of memory.max on the way from the
 * process's cgroup up to the root, as the kernel applies it.
 */
#include "cmd/machine.h"

#include <gnu/libc-version.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cmd/metrics.h"

/* The file's first line, without its newline; "" if there is none. */
static void read_line(const char *path, char *line, size_t size)
{
	FILE *in = fopen(path, "re");

	line[0] = '\0';
	if (in == NULL)
		return;
	if (fgets(line, (int)size, in) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(in);
}

static void read_processor(char *out, size_t size)
{
	char line[512];
	FILE *in = fopen("/proc/cpuinfo", "re");

	snprintf(out, size, "unknown");
	if (in == NULL)
		return;
	while (fgets(line, sizeof line, in) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || colon == NULL)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(out, size, "%s", colon + 2);
		break;
	}
	fclose(in);
}

/* The word in brackets. */
static void read_thp(char *out, size_t size)
{
	char line[128];

	read_line("/sys/kernel/mm/transparent_hugepage/enabled", line,
		sizeof line);
	const char *from = strchr(line, '[');
	char *to = strchr(line, ']');
	if (from == NULL || to == NULL) {
		snprintf(out, size, "unknown");
		return;
	}
	*to = '\0';
	snprintf(out, size, "%s", from + 1);
}

static uint64_t cgroup_limit(const char *folder)
{
	char path[1200];
	char line[64];

	snprintf(path, sizeof path, "%s/memory.max", folder);
	read_line(path, line, sizeof line);
	return line[0] >= '0' && line[0] <= '9' ? strtoull(line, NULL, 10)
						: UINT64_MAX;
}

static void read_cgroup(char *out, size_t size)
{
	char line[512];
	char folder[1024];
	uint64_t limit = UINT64_MAX;

	snprintf(out, size, "none");
	read_line("/proc/self/cgroup", line, sizeof line);
	if (strncmp(line, "0::", 3) != 0)
		return;
	snprintf(folder, sizeof folder, "/sys/fs/cgroup%s", line + 3);
	while (strlen(folder) >= strlen("/sys/fs/cgroup")) {
		const uint64_t here = cgroup_limit(folder);
		if (here < limit)
			limit = here;
		*strrchr(folder, '/') = '\0';
	}
	if (limit != UINT64_MAX)
		metric_format(out, size, UNIT_BYTES, (double)limit);
}

static unsigned count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

void machine_read(struct machine *m)
{
	struct utsname names;
	const time_t now = time(NULL);
	struct tm local;

	if (uname(&names) == 0) {
		snprintf(m->kernel, sizeof m->kernel, "%.12s %.80s",
			names.sysname, names.release);
		snprintf(m->architecture, sizeof m->architecture, "%.31s",
			names.machine);
	}
	snprintf(m->libc, sizeof m->libc, "glibc %s", gnu_get_libc_version());
	localtime_r(&now, &local);
	strftime(m->time, sizeof m->time, "%Y-%m-%d %H:%M:%S %z", &local);
	m->ncpus = count_cpus();
	m->memory = (uint64_t)sysconf(_SC_PHYS_PAGES) *
		    (uint64_t)sysconf(_SC_PAGESIZE);
	read_processor(m->processor, sizeof m->processor);
	read_thp(m->thp, sizeof m->thp);
	read_cgroup(m->cgroup, sizeof m->cgroup);
}
