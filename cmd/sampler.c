/*
 * sampler: starts a command, looks at its tree again and again, writes down.
 *
 *   begin -> spawn -> look, sleep, look, ... -> the end -> idle -> result
 *
 * A look reads smaps_rollup of every process of the tree.  It costs time in
 * proportion to the memory, so the pause between two looks is at least a
 * hundred times (timed) or four times (observed) what the last one took, and
 * between 20 and 100 ms otherwise.  When a long run has filled the table of
 * samples every other one is dropped and the pause is doubled.
 *
 * The clock stops when the pidfd of the command becomes readable, so no look
 * adds to it.
 *
 * Peak RSS is wait4's: the greatest of any process that was waited for.  The
 * kernel starts it with what the forked child had before its exec, some
 * hundred KiB here.
 *
 * Context:    a process of its own, one thread.
 */
#include "cmd/sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/procmem.h"
#include "cmd/say.h"
#include "cmd/sampler_spawn.h"
#include "cmd/sampler_trace.h"
#include "cmd/watch.h"

enum {
	FIRST_LOOK_MS = 5, /* early, to see a short command at all */
	LOOK_MS = 20,
	LOOK_SLOW_MS = 100,
	TIMED_SHARE = 100, /* a pause is so many looks long */
	OBSERVED_SHARE = 4,
	LOOKS_TO_TELL = 3, /* after so many, a library is not there */
	ORPHAN_MS = 1000,  /* for daemons to end by themselves */
};

/* A run that is being watched. */
struct run {
	const struct sampler_request *request;
	struct sampler_result *result;
	struct sample *samples;
	pid_t pids[SAMPLER_PROCESSES];
	size_t npids;    /* in the tree at the last look */
	double start;    /* seconds, monotonic */
	double last;     /* time of the last look */
	double stretch;  /* pauses are so much longer than asked */
	double peak_pss; /* greatest sums, bytes */
	double peak_huge;
	double sum_rss;          /* byte-seconds */
	double sum_lazyfree;     /* likewise */
	double sum_time;         /* seconds */
	struct procmem previous; /* at the last look */
	size_t peak_maps;        /* of one process */
	bool is_seen;            /* must_map was */
	struct watch *watch;     /* probes; NULL: none */
	double idle_rss;         /* at the last look while idle */
};

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- Looking --------------------------------------------------------- */

/* Every other sample goes; what comes is taken half as often. */
static void run_thin_samples(struct run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->result->nsamples; i += 2)
		run->samples[kept++] = run->samples[i];
	run->result->nsamples = kept;
	run->stretch *= 2;
}

static void run_keep_sample(
	struct run *run, double t, const struct procmem *sum, bool is_idle)
{
	struct sample s = {
		.t = t - run->start,
		.rss = (double)sum->rss,
		.lazyfree = (double)sum->lazyfree,
		.pss = (double)sum->pss,
		.huge = (double)sum->huge,
		.swap = (double)sum->swap,
		.is_idle = is_idle,
	};

	if (run->result->nsamples == SAMPLER_SAMPLES)
		run_thin_samples(run);
	if (run->watch != NULL)
		watch_fill_sample(run->watch, &s);
	else
		s.requested = s.rounded = s.counted = s.held = s.committed =
			s.goal = s.ncycles = NAN;
	run->samples[run->result->nsamples++] = s;
}

/* Memory between two looks is taken to change in a straight line. */
static void run_integrate(struct run *run, double t, const struct procmem *sum)
{
	const double span = t - run->last;

	if (run->last > 0 && sum->rss > 0) {
		run->sum_time += span;
		run->sum_rss +=
			span * (double)(sum->rss + run->previous.rss) / 2;
		run->sum_lazyfree +=
			span *
			(double)(sum->lazyfree + run->previous.lazyfree) / 2;
	}
	run->previous = *sum;
	run->last = t;
}

static void run_look_at_maps(struct run *run, pid_t pid)
{
	const char *file = run->request->must_map;

	if (!run->is_seen)
		run->is_seen = procmem_has_file(pid, file);
	if (run->request->is_own_malloc && run->result->own_malloc[0] == '\0')
		procmem_find_malloc(pid, run->result->own_malloc,
			sizeof run->result->own_malloc);
	if (run->request->mode != SAMPLER_OBSERVED)
		return;
	const size_t nmaps = procmem_count_maps(pid);
	if (nmaps > run->peak_maps)
		run->peak_maps = nmaps;
}

/* One look at the tree; returns what it cost in seconds. */
static double run_look(struct run *run)
{
	const double t = now_seconds();
	const bool is_idle = run->watch != NULL && watch_is_idle(run->watch);
	struct procmem sum = {0};

	run->npids = procmem_list_tree(getpid(), run->pids, SAMPLER_PROCESSES);
	if (run->watch != NULL)
		watch_begin_look(run->watch);
	for (size_t i = 0; i < run->npids; i++) {
		struct procmem m;

		if (!procmem_read(run->pids[i], &m))
			continue;
		procmem_add(&sum, &m);
		run_look_at_maps(run, run->pids[i]);
		if (run->watch != NULL)
			watch_look(run->watch, run->pids[i], m.rss);
	}
	if (is_idle)
		run->idle_rss = (double)sum.rss;
	run->peak_pss = fmax(run->peak_pss, (double)sum.pss);
	run->peak_huge = fmax(run->peak_huge, (double)sum.huge);
	if (run->npids > run->result->nprocesses)
		run->result->nprocesses = run->npids;
	if (!is_idle)
		run_integrate(run, t, &sum);
	run_keep_sample(run, t, &sum, is_idle);
	if (run->watch != NULL)
		watch_ask(run->watch);
	return now_seconds() - t;
}

static int run_pause_ms(const struct run *run, double cost)
{
	const bool is_timed = run->request->mode == SAMPLER_TIMED;
	const double least = is_timed ? LOOK_SLOW_MS : LOOK_MS;
	const double share = is_timed ? TIMED_SHARE : OBSERVED_SHARE;

	if (run->watch != NULL && watch_is_idle(run->watch))
		return LOOK_SLOW_MS;
	return (int)(run->stretch * fmax(least, cost * 1e3 * share));
}

/* Waits for ms, or the end of the command; answers probes meanwhile. */
static bool run_wait(struct run *run, struct pollfd *fd, int ms)
{
	const double until = now_seconds() + ms * 1e-3;

	if (run->watch == NULL)
		return poll(fd, 1, ms) > 0;
	const bool was_idle = watch_is_idle(run->watch);
	while (now_seconds() < until) {
		if (poll(fd, 1, 0) > 0)
			return true;
		watch_wait(run->watch, until - now_seconds());
		if (watch_is_idle(run->watch) && !was_idle)
			return false; /* a look, now */
	}
	return false;
}

/* Looks until the command has ended. */
static void run_watch(struct run *run, int pidfd, pid_t pid)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};
	int pause = FIRST_LOOK_MS;

	while (!run_wait(run, &fd, pause)) {
		pause = run_pause_ms(run, run_look(run));
		if (run->last - run->start > run->request->limit &&
			run->result->end == SAMPLER_ENDED) {
			run->result->end = SAMPLER_TIMED_OUT;
			kill(-pid, SIGKILL);
		}
	}
	run->result->metrics.value[METRIC_wall] = now_seconds() - run->start;
}

/* ---- The end --------------------------------------------------------- */

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static void add_to(double *figure, double v)
{
	*figure = isnan(*figure) ? v : *figure + v;
}

static void run_add_usage(struct run *run, const struct rusage *usage)
{
	double *value = run->result->metrics.value;
	const double peak = (double)usage->ru_maxrss * 1024;

	add_to(&value[METRIC_user], seconds(usage->ru_utime));
	add_to(&value[METRIC_sys], seconds(usage->ru_stime));
	add_to(&value[METRIC_minflt], (double)usage->ru_minflt);
	add_to(&value[METRIC_majflt], (double)usage->ru_majflt);
	add_to(&value[METRIC_switches],
		(double)(usage->ru_nvcsw + usage->ru_nivcsw));
	value[METRIC_rss] = fmax(value[METRIC_rss], peak);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static volatile sig_atomic_t alarm_rang;

static void run_end_by_alarm(int sig)
{
	alarm_rang = sig;
	sampler_kill_command();
}

/* Waits for the command, then ends and waits for what it left behind. */
static void run_reap(struct run *run, pid_t pid)
{
	const double until = now_seconds() + ORPHAN_MS * 1e-3;
	struct rusage usage;
	int status;
	pid_t child;

	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	run->result->status = exit_status(status);
	run_add_usage(run, &usage);
	while ((child = wait4(-1, &status, WNOHANG, &usage)) >= 0) {
		if (child > 0) {
			run_add_usage(run, &usage);
			continue;
		}
		const bool is_late = now_seconds() > until;
		run->npids = procmem_list_tree(
			getpid(), run->pids, SAMPLER_PROCESSES);
		for (size_t i = 0; i < run->npids; i++)
			kill(run->pids[i], is_late ? SIGKILL : SIGTERM);
		usleep(LOOK_MS * 1000);
	}
}

/* The command under a tracer, which waits for all of it. */
static void run_trace(struct run *run, pid_t pid)
{
	struct itimerval limit = {
		.it_value.tv_sec = (time_t)run->request->limit + 1};

	alarm_rang = 0;
	signal(SIGALRM, run_end_by_alarm);
	setitimer(ITIMER_REAL, &limit, NULL);
	const int status = sampler_trace_run(pid, &run->result->metrics);
	limit.it_value.tv_sec = 0;
	setitimer(ITIMER_REAL, &limit, NULL);
	run->result->status = exit_status(status);
	if (alarm_rang != 0)
		run->result->end = SAMPLER_TIMED_OUT;
}

/* What follows from the samples and the usage. */
static void run_conclude(struct run *run)
{
	double *value = run->result->metrics.value;

	value[METRIC_cpu] = value[METRIC_user] + value[METRIC_sys];
	if (run->sum_time > 0) {
		value[METRIC_mean_rss] = run->sum_rss / run->sum_time;
		value[METRIC_mean_firm] =
			(run->sum_rss - run->sum_lazyfree) / run->sum_time;
	}
	if (run->peak_pss > 0) {
		value[METRIC_pss] = run->peak_pss;
		value[METRIC_huge] = run->peak_huge;
	}
	if (run->peak_maps > 0)
		value[METRIC_vmas] = (double)run->peak_maps;
	if (run->idle_rss > 0)
		value[METRIC_idle_rss] = run->idle_rss;
	if (run->result->end == SAMPLER_ENDED && !run->is_seen &&
		run->result->nsamples >= LOOKS_TO_TELL)
		run->result->end = SAMPLER_NO_EFFECT;
}

/* The series, for whoever asked for the run. */
static void run_write_series(const struct run *run)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/series", run->request->folder);
	FILE *out = fopen(path, "we");
	if (out == NULL ||
		fwrite(run->samples, sizeof run->samples[0],
			run->result->nsamples, out) != run->result->nsamples ||
		fclose(out) != 0)
		run->result->nsamples = 0;
}

static void run_command(
	struct run *run, const struct sampler_request *request, char **command)
{
	static struct sample samples[SAMPLER_SAMPLES];
	static struct watch watch;
	struct sampler_result *result = run->result;

	memset(result, 0, sizeof *result);
	metrics_clear(&result->metrics);
	*run = (struct run){
		.request = request,
		.result = result,
		.samples = samples,
		.stretch = 1,
	};
	run->is_seen = request->must_map[0] == '\0';
	if (request->mode == SAMPLER_OBSERVED) {
		watch_begin(&watch, request);
		run->watch = &watch;
	}
	run->start = now_seconds();
	const pid_t pid = sampler_spawn(request, command, &result->error);
	if (pid < 0) {
		result->end = SAMPLER_NO_START;
		return;
	}
	const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		die(STATUS_FAILED, "pidfd_open: %m");
	if (request->mode == SAMPLER_TRACED) {
		run_trace(run, pid);
	} else {
		run_watch(run, pidfd, pid);
		run_reap(run, pid);
		run_conclude(run);
	}
	close(pidfd);
	if (run->watch != NULL)
		watch_end(run->watch, result);
	run_write_series(run);
}

/* ---- The process ----------------------------------------------------- */

/* The command has a process group of its own, so it is told. */
static void sampler_end_by_signal(int sig)
{
	sampler_kill_command();
	_exit(128 + sig);
}

static _Noreturn void sampler_serve(int socket, char **command)
{
	static struct sampler_request request;
	static struct sampler_result result;
	static struct run run = {.result = &result};

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	signal(SIGTERM, sampler_end_by_signal);
	signal(SIGINT, sampler_end_by_signal);
	while (recv(socket, &request, sizeof request, MSG_WAITALL) ==
		sizeof request) {
		run_command(&run, &request, command);
		if (send(socket, &result, sizeof result, MSG_NOSIGNAL) !=
			sizeof result)
			break;
	}
	_exit(0);
}

void sampler_start(struct sampler *s, char **command)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		die(STATUS_FAILED, "cannot make a socket: %m");
	s->pid = fork();
	if (s->pid < 0)
		die(STATUS_FAILED, "cannot fork: %m");
	if (s->pid == 0) {
		close(ends[0]);
		sampler_serve(ends[1], command);
	}
	close(ends[1]);
	s->socket = ends[0];
}

void sampler_begin(struct sampler *s, const struct sampler_request *request)
{
	if (send(s->socket, request, sizeof *request, MSG_NOSIGNAL) !=
		sizeof *request)
		die(STATUS_FAILED, "the sampler has gone");
}

bool sampler_try_finish(
	struct sampler *s, struct sampler_result *result, int wait_ms)
{
	struct pollfd fd = {.fd = s->socket, .events = POLLIN};

	if (poll(&fd, 1, wait_ms) <= 0)
		return false;
	if (recv(s->socket, result, sizeof *result, MSG_WAITALL) !=
		sizeof *result)
		die(STATUS_FAILED, "the sampler has gone");
	return true;
}

void sampler_stop(struct sampler *s)
{
	close(s->socket);
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}
