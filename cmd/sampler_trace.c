/*
 * sampler_trace: system calls, counted by ptrace with a seccomp filter.
 *
 * The filter makes five calls stop and leaves all others at full speed:
 *
 *   seccomp stop: which call, the thread's CPU time  ->  PTRACE_SYSCALL
 *   exit stop: its CPU time again                    ->  PTRACE_CONT
 *
 * CPU time, since a thread that was stopped may wait long for a processor.
 * What a stop itself costs is part of it.  The shortest call that was met did
 * next to nothing, so its time is taken for that cost and subtracted from
 * every call.
 *
 * The filter needs no_new_privs: a setuid program runs without its rights.
 *
 * Assumes:    Linux 5.3, PTRACE_GET_SYSCALL_INFO.
 * Context:    the sampler; waits for all its children.
 */
#include "cmd/sampler_trace.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CALLS_IN_FLIGHT = 1024 };

/* A thread inside a call. */
struct flight {
	pid_t tid;    /* 0: the place is free */
	double start; /* seconds */
};

struct tracer {
	struct flight flights[MAX_CALLS_IN_FLIGHT];
	double ncalls;   /* measured */
	double time;     /* of them, stops included, seconds */
	double shortest; /* of them, seconds */
	struct metrics *metrics;
};

/* CPU time of a stopped thread, in seconds; 0 if it is not told. */
static double cpu_time(pid_t tid)
{
	char path[64];
	double ns = 0;

	snprintf(path, sizeof path, "/proc/%d/schedstat", tid);
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return 0;
	if (fscanf(in, "%lf", &ns) != 1)
		ns = 0;
	fclose(in);
	return ns * 1e-9;
}

#define STOP_AT(call)                                                          \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                 \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)

bool sampler_trace_filter(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		STOP_AT(mmap),
		STOP_AT(munmap),
		STOP_AT(mremap),
		STOP_AT(madvise),
		STOP_AT(brk),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {
		.len = sizeof steps / sizeof *steps,
		.filter = steps,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool sampler_trace_seize(pid_t pid)
{
	const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;

	return ptrace(PTRACE_SEIZE, pid, 0L, options) == 0;
}

/* The place of tid, or a free one; NULL: there is none. */
static struct flight *tracer_find(struct tracer *t, pid_t tid)
{
	struct flight *open = NULL;

	for (size_t i = 0; i < MAX_CALLS_IN_FLIGHT; i++) {
		if (t->flights[i].tid == tid)
			return &t->flights[i];
		if (t->flights[i].tid == 0 && open == NULL)
			open = &t->flights[i];
		/* Few threads are in a call at a time: they are in front. */
		if (open != NULL && i > 64)
			break;
	}
	return open;
}

static void tracer_count(struct tracer *t, uint64_t nr)
{
	double *value = t->metrics->value;

	switch (nr) {
	case SYS_mmap:
	case SYS_mremap: value[METRIC_nmmap]++; break;
	case SYS_munmap: value[METRIC_nmunmap]++; break;
	case SYS_madvise: value[METRIC_nmadvise]++; break;
	case SYS_brk: value[METRIC_nbrk]++; break;
	}
}

/* A call begins; returns how to resume the thread. */
static enum __ptrace_request tracer_begin_call(struct tracer *t, pid_t tid)
{
	struct __ptrace_syscall_info info;
	struct flight *flight = tracer_find(t, tid);

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0)
		return PTRACE_CONT;
	tracer_count(t, info.seccomp.nr);
	if (flight == NULL)
		return PTRACE_CONT;
	*flight = (struct flight){.tid = tid, .start = cpu_time(tid)};
	return PTRACE_SYSCALL;
}

static void tracer_end_call(struct tracer *t, pid_t tid)
{
	struct flight *flight = tracer_find(t, tid);

	if (flight == NULL || flight->tid != tid)
		return;
	const double took = cpu_time(tid) - flight->start;
	flight->tid = 0;
	t->ncalls++;
	t->time += took;
	t->shortest = fmin(t->shortest, took);
}

/* A thread has stopped: deals with it, and lets it go on. */
static void tracer_meet_stop(struct tracer *t, pid_t tid, int status)
{
	const int event = status >> 16;
	const int sig = WSTOPSIG(status);
	enum __ptrace_request resume = PTRACE_CONT;
	long deliver = 0;

	if (event == PTRACE_EVENT_SECCOMP)
		resume = tracer_begin_call(t, tid);
	else if (event == PTRACE_EVENT_STOP && sig != SIGTRAP)
		resume = PTRACE_LISTEN; /* stopped by a signal: it stays so */
	else if (event == 0 && sig == (SIGTRAP | 0x80))
		tracer_end_call(t, tid);
	else if (event == 0)
		deliver = sig;
	ptrace(resume, tid, 0L, deliver);
}

int sampler_trace_run(pid_t pid, struct metrics *metrics)
{
	static struct tracer t;
	int result = 0;
	int status;
	pid_t tid;

	t = (struct tracer){.shortest = INFINITY, .metrics = metrics};
	for (int i = METRIC_nmmap; i <= METRIC_call_time; i++)
		metrics->value[i] = 0;
	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			break;
		if (WIFSTOPPED(status))
			tracer_meet_stop(&t, tid, status);
		else if (tid == pid)
			result = status;
	}
	metrics->value[METRIC_call_time] = t.time - t.ncalls * t.shortest;
	/* No program starts without a mapping: nobody was followed. */
	if (metrics->value[METRIC_nmmap] == 0)
		for (int i = METRIC_nmmap; i <= METRIC_call_time; i++)
			metrics->value[i] = NAN;
	return result;
}
