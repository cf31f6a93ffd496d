/*
 * setuid is for every thread of the process, the collector's too: none keeps
 * rights that the program has given up, neither at once nor after a cycle.
 */
/* cases: setuid setresuid seteuid initgroups busy */
#include <dirent.h>
#include <grp.h>
#include <pthread.h>

#include "test/gc/herd.h"

enum { OTHER = 65534, NTHREADS = 3, NLOOKS = 100 };

static const char *which;
static volatile bool is_over;

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

static void *run(void *unused)
{
	while (!is_over) {
		free(malloc(100));
		if (!is("busy"))
			usleep(1000);
	}
	return unused;
}

/* The line of the thread's status that begins so. */
static void read_status(
	const char *tid, const char *name, char *line, size_t size)
{
	char path[300];

	snprintf(path, sizeof path, "/proc/self/task/%s/status", tid);
	line[0] = '\0';
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return; /* it has ended */
	while (fgets(line, (int)size, f) != NULL &&
		strncmp(line, name, strlen(name)) != 0)
		line[0] = '\0';
	fclose(f);
}

/* Every thread has what the first has; how many there are. */
static int compare_threads(const char *name)
{
	char first[200], line[200], id[20];
	int nthreads = 0;

	snprintf(id, sizeof id, "%d", getpid());
	read_status(id, name, first, sizeof first);
	DIR *d = opendir("/proc/self/task");
	check(d != NULL);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		/* One that is ending is listed a little longer. */
		for (int i = 0; i < NLOOKS; i++) {
			read_status(e->d_name, name, line, sizeof line);
			if (line[0] == '\0' || strcmp(line, first) == 0)
				break;
			usleep(1000);
		}
		check(line[0] == '\0' || strcmp(line, first) == 0);
		nthreads += line[0] != '\0';
	}
	closedir(d);
	return nthreads;
}

static void compare_all(void)
{
	check(compare_threads("Uid:") >= NTHREADS);
	compare_threads("Gid:");
	compare_threads("Groups:");
	compare_threads("CapEff:");
}

static void change(void)
{
	if (is("setuid") || is("busy"))
		check(setgid(OTHER) == 0 && setuid(OTHER) == 0);
	else if (is("setresuid"))
		check(setresgid(OTHER, OTHER, OTHER) == 0 &&
			setresuid(OTHER, OTHER, OTHER) == 0);
	else if (is("seteuid"))
		check(setegid(OTHER) == 0 && seteuid(OTHER) == 0);
	else
		check(initgroups("nobody", OTHER) == 0);
}

int main(int argc, char **argv)
{
	pthread_t id[NTHREADS];

	which = argc > 1 ? argv[1] : "setuid";
	if (geteuid() != 0)
		return NOT_HERE;
	for (int i = 0; i < NTHREADS; i++)
		check(pthread_create(&id[i], NULL, run, NULL) == 0);
	goalloc_gc();
	compare_all();
	change();
	compare_all();
	goalloc_gc();
	compare_all();
	is_over = true;
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(id[i], NULL);
	return 0;
}
