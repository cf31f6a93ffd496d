/*
 * doctor_calls: the calls with which the collector stops threads and looks
 * at them, and with which this command looks at other processes.
 *
 * Context:    one thread; probes run in a child.
 */
#include "cmd/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/procmaps.h"

static int probe_membarrier(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
		    0, 0) != 0 ||
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0,
			0) != 0)
		return errno;
	return 0;
}

static int probe_close_range(void)
{
	if (syscall(SYS_close_range, 1000, ~0u, CLOSE_RANGE_UNSHARE) != 0)
		return errno;
	return 0;
}

static int probe_tgkill(void)
{
	signal(SIGURG, SIG_IGN);
	return syscall(SYS_tgkill, getpid(), gettid(), SIGURG) != 0 ? errno : 0;
}

static int probe_proc(void)
{
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY);

	if (fd < 0 || access("/proc/self/maps", R_OK) != 0 ||
		access("/proc/self/mem", R_OK) != 0)
		return errno;
	return 0;
}

/* Populating batches page faults. */
static int probe_populate(void)
{
	void *p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED ||
		madvise(p, 1 << 16, 23 /* POPULATE_WRITE */) != 0)
		return errno;
	return 0;
}

/* Reads a word of a process of our own, as stat and top do. */
static int probe_vm_read(void)
{
	static volatile long word = 42;
	long copy = 0;
	struct iovec here = {&copy, sizeof copy};
	struct iovec there = {(void *)(uintptr_t)&word, sizeof copy};

	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	ssize_t n = process_vm_readv(child, &here, 1, &there, 1, 0);
	int error = n == sizeof copy ? 0 : errno;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return error == 0 && copy != 42 ? PROBE_NO_EFFECT : error;
}

struct call {
	const char *name;
	int (*probe)(void);
	enum verdict without; /* when it does not work */
	const char *what;     /* what it serves */
	const char *loss;     /* what is missing without it */
};

static const struct call calls[] = {
	{"membarrier", probe_membarrier, VERDICT_NOTE,
		"threads in system calls need no signal to stop",
		"every thread is stopped by a signal"},
	{"tgkill", probe_tgkill, VERDICT_BITES, "threads can be stopped",
		"threads cannot be stopped: GOGC has no effect"},
	{"/proc", probe_proc, VERDICT_BITES, "roots can be found",
		"mount /proc: without it GOGC has no effect"},
	{"close_range", probe_close_range, VERDICT_NOTE,
		"the program cannot close the collector's files",
		"a program that closes all files ends the barrier"},
	{"MADV_POPULATE", probe_populate, VERDICT_NOTE,
		"page faults come in batches", "page faults come one by one"},
	{"process_vm_readv", probe_vm_read, VERDICT_BITES,
		"stat, top and profile can look in",
		"give the container CAP_SYS_PTRACE for stat, top, profile"},
};

static void check_rseq(void)
{
	if (__rseq_size > 0)
		doctor_say(VERDICT_OK, "rseq", NULL, "registered by libc");
	else
		doctor_say(
			VERDICT_NOTE, "rseq", NULL, "not registered by libc");
}

static void check_yama(void)
{
	char *scope = file_read("/proc/sys/kernel/yama/ptrace_scope");

	if (scope == NULL || scope[0] == '0' || geteuid() == 0)
		doctor_say(VERDICT_OK, "ptrace_scope", NULL,
			"other processes of yours may be read");
	else
		doctor_say(VERDICT_BITES, "ptrace_scope",
			"use stat, top and profile PID as root",
			"kernel.yama.ptrace_scope is %c", scope[0]);
	free(scope);
}

static void check_seccomp(void)
{
	char *status = proc_read(getpid(), "status");
	const char *at = status != NULL ? strstr(status, "\nSeccomp:") : NULL;
	int mode = at != NULL ? atoi(at + 9) : 0;

	if (mode == 0)
		doctor_say(VERDICT_OK, "seccomp", NULL, "no filter");
	else
		doctor_say(VERDICT_NOTE, "seccomp", NULL,
			"a filter is on; what it forbids is in this list");
	free(status);
}

void doctor_check_calls(void)
{
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		const struct call *c = &calls[i];
		struct probe_result r = doctor_probe(c->probe);
		if (r.works)
			doctor_say(VERDICT_OK, c->name, NULL, "%s", c->what);
		else
			doctor_say(c->without, c->name, c->loss, "%s",
				doctor_why(r));
	}
	check_rseq();
	check_yama();
	check_seccomp();
}
