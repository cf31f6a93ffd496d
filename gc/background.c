/*
 * background: the collector's thread keeps to its share of the processors.
 *
 *   slice of work --> CPU time of it --> gc/quota.h --> sleep, or go on
 *                  `-> scanned: credit of those who assist
 *
 * Go has idle workers, which mark on processors that no goroutine wants.
 * Here the kernel schedules; it tells how many threads want a processor just
 * now (/proc/loadavg, of the whole machine).  When they are no more than there
 * are processors, what the thread takes is taken from nobody and is not
 * counted, unless the collector is over its half anyway.  Without the file
 * everything counts.
 *
 * Before it sleeps the thread puts up all that it has to scan, so that those
 * who assist need not wait for it.
 *
 * Locking:    none.
 * Context:    the collector's thread.
 */
#include "gc/background.h"

#include <fcntl.h>
#include <time.h>

#include "core/os.h"
#include "core/syscall.h"
#include "gc/assist.h"
#include "gc/cputime.h"
#include "gc/mark.h"
#include "gc/quota.h"

enum {
	LOOK_NS = 1000000,    /* between two looks at who wants to run */
	LOADAVG_SIZE = 64,    /* bytes of the file, and more */
	LOADAVG_RUNNING = 3,  /* spaces before the number of threads */
	BEGIN_SLEEPS_MAX = 8, /* before a cycle that the limit holds up */
};

struct background {
	struct quota quota; /* the thread's */
	unsigned nprocs;    /* processors */
	int fd;             /* /proc/loadavg; negative: none */
	uint64_t cpu_ns;    /* the thread's clock, counted so far */
	uint64_t look_ns;   /* when idle was looked at */
	bool is_idle;       /* there are processors to spare */
	uint64_t scanned;   /* bytes of the marker that were passed on */
};

static struct background background = {.fd = -1};

void background_init(unsigned nprocs)
{
	background = (struct background){.nprocs = nprocs, .fd = -1};
	quota_init(&background.quota, nprocs);
}

void background_open(void)
{
	background.fd = (int)syscall4(
		SYS_openat, AT_FDCWD, "/proc/loadavg", O_RDONLY | O_CLOEXEC, 0);
	background.cpu_ns = 0; /* a new thread, a new clock */
	background.look_ns = 0;
}

void background_close(void)
{
	background_count();
	if (background.fd >= 0)
		syscall1(SYS_close, background.fd);
	background.fd = -1;
}

/* "0.20 0.18 0.12 RUNNING/THREADS LAST": no more than processors. */
static bool has_idle_processor(const char *text, long n, unsigned nprocs)
{
	unsigned nspaces = 0, running = 0;
	long i = 0;

	for (; i < n && nspaces < LOADAVG_RUNNING; i++)
		nspaces += text[i] == ' ';
	for (; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		running = running * 10 + (unsigned)(text[i] - '0');
	return running > 0 && running <= nprocs;
}

static void look(uint64_t now_ns)
{
	char text[LOADAVG_SIZE];

	if (now_ns - background.look_ns < LOOK_NS)
		return;
	background.look_ns = now_ns;
	background.is_idle = false;
	if (background.fd < 0 || cputime_is_limiting())
		return;
	const long n =
		syscall4(SYS_pread64, background.fd, text, sizeof text, 0);
	background.is_idle = has_idle_processor(text, n, background.nprocs);
}

/* Counts the time; how long to sleep. */
static uint64_t account(void)
{
	const uint64_t now_ns = os_precise_ns();
	const uint64_t cpu_ns = os_thread_cpu_ns();
	const uint64_t used_ns = cpu_ns - background.cpu_ns;

	look(now_ns);
	background.cpu_ns = cpu_ns;
	cputime_add_background(used_ns, background.is_idle);
	cputime_note();
	return quota_note(
		&background.quota, now_ns, used_ns, background.is_idle);
}

void background_count(void)
{
	account();
}

static void sleep_ns(uint64_t ns)
{
	const struct timespec t = {.tv_nsec = (long)ns};

	syscall2(SYS_nanosleep, &t, NULL);
}

void background_begin_cycle(void)
{
	background.scanned = 0;
	for (int i = 0; i < BEGIN_SLEEPS_MAX && cputime_is_limiting(); i++) {
		const uint64_t ns = account();
		if (ns == 0)
			return;
		sleep_ns(ns);
	}
}

void background_mark_slice(struct marker *m)
{
	assist_note_scanned(m->scanned_bytes - background.scanned);
	background.scanned = m->scanned_bytes;
	if (assist_is_hungry())
		marker_share(m);
	const uint64_t ns = account();
	if (ns == 0)
		return;
	marker_offer(m);
	sleep_ns(ns);
}

void background_sweep_slice(void)
{
	const uint64_t ns = account();

	if (ns > 0)
		sleep_ns(ns);
}
