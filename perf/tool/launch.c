/*
 * launch: run a command once under a preload and write down what it took.
 *
 *	launch [-p PRELOAD] [-t SECONDS] -o FILE COMMAND [ARG...]
 *
 * FILE receives one "key value" line per figure: wall_ns, user_us, sys_us,
 * peak_kib, mean_kib, minflt, majflt, status (the exit status, or 128 + the
 * signal), preload (seen, absent, unknown).  Nothing is printed.
 *
 * Peak RSS is wait4's ru_maxrss: the largest process of the command's tree
 * among those that were waited for.  The kernel starts that figure with the
 * RSS of the memory that exec replaced, which after a vfork-like spawn is
 * this program's; that is why it is small, static and in C, and why the
 * runner that calls it is not the parent itself.
 *
 * Mean RSS is the sum over the tree's processes in /proc/PID/statm, 20 times
 * a second; pages that processes share count in each.  A command too short
 * for one sample has no mean: mean_kib is then 0.
 *
 * The preload was seen if a process of the tree had the file mapped when
 * sampled; absent if none had it though the command ran for some samples;
 * unknown if the command was too short to tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SAMPLE_FIRST_MS = 5,
	SAMPLE_MS = 50,
	SAMPLES_TO_TELL = 3, /* after so many, a missing preload is absent */
	MAX_ENV = 4096,
	MAX_DEPTH = 8, /* of the tree of processes */
};

struct sampler {
	const char *preload; /* path, or NULL */
	bool is_seen;        /* some process had it mapped */
	size_t nsamples;
	uint64_t sum_kib; /* of all samples */
	int64_t start_ns;
	int64_t end_ns;
	int64_t limit_ns; /* from start; the command is killed then */
	bool is_killed;
};

static volatile sig_atomic_t child_group; /* 0 until there is one */

static void launch_die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(127);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* The command has a process group of its own, so pass on what kills us. */
static void launch_pass_on(int sig)
{
	if (child_group > 0)
		kill(-child_group, SIGKILL);
	_exit(128 + sig);
}

static bool sample_has_mapping(int pid, const char *path)
{
	char name[64];
	char line[4096];
	bool is_found = false;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	FILE *maps = fopen(name, "r");
	if (maps == NULL)
		return false;
	while (!is_found && fgets(line, sizeof(line), maps) != NULL)
		is_found = strstr(line, path) != NULL;
	fclose(maps);
	return is_found;
}

static uint64_t sample_rss_kib(int pid)
{
	char name[64];
	unsigned long size = 0;
	unsigned long resident = 0;

	snprintf(name, sizeof(name), "/proc/%d/statm", pid);
	FILE *statm = fopen(name, "r");
	if (statm == NULL)
		return 0;
	if (fscanf(statm, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(statm);
	return resident * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

/* The RSS of pid and its descendants; looks for the preload on the way. */
static uint64_t sample_tree(struct sampler *sampler, int pid, int depth)
{
	char name[64];
	int child;
	uint64_t kib = sample_rss_kib(pid);

	if (sampler->preload != NULL && !sampler->is_seen)
		sampler->is_seen = sample_has_mapping(pid, sampler->preload);
	snprintf(name, sizeof(name), "/proc/%d/task/%d/children", pid, pid);
	FILE *children = depth < MAX_DEPTH ? fopen(name, "r") : NULL;
	if (children == NULL)
		return kib;
	while (fscanf(children, "%d", &child) == 1)
		kib += sample_tree(sampler, child, depth + 1);
	fclose(children);
	return kib;
}

/* Samples until the command has ended, and notes when it did. */
static void sample_until_end(struct sampler *sampler, int pid)
{
	struct pollfd fd = {
		.fd = (int)syscall(SYS_pidfd_open, pid, 0),
		.events = POLLIN,
	};
	int wait_ms = SAMPLE_FIRST_MS;

	if (fd.fd < 0)
		launch_die("pidfd_open");
	while (poll(&fd, 1, wait_ms) == 0) {
		const int64_t now = now_ns();

		/* The early look only asks for the preload. */
		const uint64_t kib = sample_tree(sampler, pid, 0);
		if (wait_ms == SAMPLE_MS) {
			sampler->sum_kib += kib;
			sampler->nsamples++;
		}
		wait_ms = SAMPLE_MS;
		if (now - sampler->start_ns > sampler->limit_ns &&
			!sampler->is_killed) {
			kill(-pid, SIGKILL);
			sampler->is_killed = true;
		}
	}
	sampler->end_ns = now_ns();
	close(fd.fd);
}

/* environ with LD_PRELOAD set to preload, or without any. */
static char **launch_make_env(const char *preload)
{
	static char *env[MAX_ENV];
	static char setting[4096];
	size_t n = 0;

	if (preload != NULL) {
		snprintf(setting, sizeof(setting), "LD_PRELOAD=%s", preload);
		env[n++] = setting;
	}
	for (char **e = environ; *e != NULL && n < MAX_ENV - 1; e++)
		if (strncmp(*e, "LD_PRELOAD=", 11) != 0)
			env[n++] = *e;
	return env;
}

static int launch_spawn(char **argv, const char *preload)
{
	posix_spawnattr_t attr;
	int pid;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attr, 0);
	errno = posix_spawnp(
		&pid, argv[0], NULL, &attr, argv, launch_make_env(preload));
	if (errno != 0)
		launch_die(argv[0]);
	child_group = pid;
	return pid;
}

static const char *sampler_verdict(const struct sampler *sampler)
{
	if (sampler->preload == NULL || sampler->is_seen)
		return "seen";
	return sampler->nsamples >= SAMPLES_TO_TELL ? "absent" : "unknown";
}

static int64_t usec(struct timeval t)
{
	return t.tv_sec * INT64_C(1000000) + t.tv_usec;
}

static void launch_report(FILE *out, const struct sampler *sampler,
	const struct rusage *usage, int status)
{
	fprintf(out, "wall_ns %" PRId64 "\n",
		sampler->end_ns - sampler->start_ns);
	fprintf(out, "user_us %" PRId64 "\n", usec(usage->ru_utime));
	fprintf(out, "sys_us %" PRId64 "\n", usec(usage->ru_stime));
	fprintf(out, "peak_kib %ld\n", usage->ru_maxrss);
	fprintf(out, "mean_kib %" PRIu64 "\n",
		sampler->nsamples > 0 ? sampler->sum_kib / sampler->nsamples
				      : 0);
	fprintf(out, "minflt %ld\n", usage->ru_minflt);
	fprintf(out, "majflt %ld\n", usage->ru_majflt);
	fprintf(out, "status %d\n",
		WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				    : WEXITSTATUS(status));
	fprintf(out, "timeout %d\n", sampler->is_killed);
	fprintf(out, "preload %s\n", sampler_verdict(sampler));
}

int main(int argc, char **argv)
{
	struct sampler sampler = {.limit_ns = INT64_C(600000000000)};
	const char *report = NULL;
	struct rusage usage;
	int status;
	int option;

	while ((option = getopt(argc, argv, "+p:t:o:")) != -1) {
		if (option == 'p')
			sampler.preload = optarg;
		else if (option == 't')
			sampler.limit_ns = atoll(optarg) * 1000000000;
		else if (option == 'o')
			report = optarg;
	}
	if (report == NULL || optind >= argc) {
		fputs("usage: launch [-p PRELOAD] [-t SECONDS] -o FILE "
		      "COMMAND [ARG...]\n",
			stderr);
		return 127;
	}
	signal(SIGINT, launch_pass_on);
	signal(SIGTERM, launch_pass_on);
	sampler.start_ns = now_ns();
	const int pid = launch_spawn(argv + optind, sampler.preload);
	sample_until_end(&sampler, pid);
	if (wait4(pid, &status, 0, &usage) != pid)
		launch_die("wait4");
	FILE *out = fopen(report, "w");
	if (out == NULL)
		launch_die(report);
	launch_report(out, &sampler, &usage, status);
	if (fclose(out) != 0)
		launch_die(report);
	return 0;
}
