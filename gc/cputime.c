/*
 * cputime: from clocks of threads to the bucket of gc/cpulimit.h.
 *
 *   collector's thread, assists: their own clocks --> use
 *   the process's clock - use                     --> the program's time
 *   processors * time - the process's clock       --> nobody's
 *
 * Time that allocating threads are made to wait is taken from the program as
 * much as time that they mark, so the bucket gets it too; but not where they
 * wait for room under a memory limit that leaves some (gc/assist.c).
 *
 * Whoever finds a note due makes it, unless somebody else is at it.  While
 * the world is stopped all processors count as the collector's.
 *
 * Locking:    is_noting, which nobody waits for but the thread that stops the
 *             world, and that one not for ever.
 * Context:    busy threads, the collector's thread.
 */
#include "gc/cputime.h"

#include <time.h>

#include "core/os.h"
#include "core/syscall.h"

enum { TRIES = 1000 /* at a note, before it is left out */ };

struct cputime cputime;

static uint64_t cputime_of_process(void)
{
	struct timespec t = {0, 0};

	syscall2(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

void cputime_init(unsigned nprocs)
{
	cputime = (struct cputime){.process_ns = cputime_of_process()};
	cpulimit_init(&cputime.limit, nprocs, os_precise_ns());
}

void cputime_add_background(uint64_t ns, bool is_idle)
{
	fetch_add_relaxed(
		is_idle ? &cputime.use.idle : &cputime.use.background, ns);
}

void cputime_add_assist(uint64_t ns)
{
	fetch_add_relaxed(&cputime.use.assist, ns);
}

void cputime_add_waited(uint64_t ns)
{
	fetch_add_relaxed(&cputime.use.waited, ns);
}

struct cputime_use cputime_read(void)
{
	return (struct cputime_use){
		.background = load_relaxed(&cputime.use.background),
		.idle = load_relaxed(&cputime.use.idle),
		.assist = load_relaxed(&cputime.use.assist),
		.waited = load_relaxed(&cputime.use.waited),
	};
}

static bool cputime_try_begin(void)
{
	uint32_t nobody = 0;

	return try_cas_acquire(
		&cputime.is_noting, &nobody, 1); /* pairs: cputime_end */
}

static void cputime_end(void)
{
	store_relaxed(&cputime.is_limiting, cputime.limit.is_limiting);
	store_release(&cputime.is_noting, 0); /* pairs: cputime_try_begin */
}

/* The same, given time; false: who has it does not run. */
static bool cputime_begin(void)
{
	for (int tries = 0; tries < TRIES; tries++) {
		if (cputime_try_begin())
			return true;
		syscall0(SYS_sched_yield);
	}
	return false;
}

/* a - b; clocks of different threads are not read at one moment. */
static uint64_t cputime_since(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Holds: is_noting. */
static void cputime_note_running(uint64_t now_ns)
{
	const struct cputime_use use = cputime_read();
	const uint64_t process_ns = cputime_of_process();
	const uint64_t waited = use.waited - cputime.noted.waited;
	const uint64_t used =
		cputime_since(process_ns, cputime.process_ns) + waited;
	const uint64_t idle = use.idle - cputime.noted.idle;
	const uint64_t total = cputime_since(now_ns, cputime.limit.last_ns) *
			       cputime.limit.nprocs;
	const struct cpulimit_use spent = {
		.background_ns = use.background - cputime.noted.background,
		.assist_ns = use.assist - cputime.noted.assist + waited,
		.idle_ns = cputime_since(total, used) + idle,
	};

	cpulimit_note(&cputime.limit, now_ns, &spent);
	cputime.noted = use;
	cputime.process_ns = process_ns;
}

void cputime_note(void)
{
	const uint64_t now_ns = os_precise_ns();

	if (!cputime_try_begin())
		return;
	if (!cputime.is_stopped && cpulimit_is_due(&cputime.limit, now_ns))
		cputime_note_running(now_ns);
	cputime_end();
}

void cputime_stops(void)
{
	if (!cputime_begin())
		return;
	cputime_note_running(os_precise_ns());
	cputime.is_stopped = true;
	cputime_end();
}

void cputime_starts(void)
{
	if (!cputime.is_stopped || !cputime_begin())
		return;
	cpulimit_note_stopped(&cputime.limit, os_precise_ns());
	cputime.noted = cputime_read();
	cputime.process_ns = cputime_of_process();
	cputime.is_stopped = false;
	cputime_end();
}
