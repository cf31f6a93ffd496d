/*
 * pagemap: what /proc says of our pages, by PAGEMAP_SCAN (Linux 6.7) and by
 * reading it.
 *
 * PAGEMAP_SCAN reports runs of pages, and arms what it reports in the same
 * step under the page table's lock: a write is either reported or hits a page
 * that is armed, and is found by the next scan.
 *
 * Measured on 6.18; these decide how the calls below look:
 * - A scan that meets a mapping which is not registered ends with EPERM, and
 *   says it walked to the end.  Pages before that mapping may be armed by
 *   then and their report is lost: after an error nothing is known of the
 *   whole range.
 * - With the mask WRITTEN alone holes match too: a scan that arms would fill
 *   page tables over all reserved memory.  PRESENT or SWAPPED is asked for as
 *   well.  Without a vector the kernel takes a short cut that arms the holes
 *   of page tables that exist, and no others; such a hole then counts as
 *   SWAPPED and not WRITTEN, until it is written.
 * - A look that does not arm, with WRITTEN as the only bit in either mask, is
 *   a short cut as well: 0.9 ns per page instead of 2.8 where little is
 *   written (1.0 : 3.1 at 1 % of the pages, 2.8 : 4.4 at 10 %).  This is the
 *   look with the world stopped, so holes are taken out of what it reports,
 *   and only of runs long enough for that to pay.
 * - A guard page (MADV_GUARD_INSTALL) counts as SWAPPED and WRITTEN, and
 *   reading it is a fault.  PAGE_IS_GUARD (6.15) excludes it; kernels before
 *   do not know the bit and answer EINVAL.  Arming leaves a guard in force.
 * - At most 512 regions fit one step of the kernel; with more, walk_end stays
 *   short.
 *
 * Assumes: thread-self, since /proc/self is empty once the first thread has
 *          ended and others go on.
 * Context: no libc; any thread that shares the opener's files.
 */
#include "gc/pagemap.h"

#include <errno.h>
#include <fcntl.h>

#include "core/bits.h"
#include "core/os.h"
#include "core/syscall.h"
#include "gc/linux_pagemap.h"

enum {
	NREGIONS = 256,  /* at most 512; 6 KiB of stack */
	SIEVE_PAGES = 4, /* reading holes costs more than a call from here on */
	NWORDS = 512,    /* of the file, read at once: 2 MiB of memory */
	POPULATED = LINUX_PAGE_IS_PRESENT | LINUX_PAGE_IS_SWAPPED,
};

static int pagemap_fd = -1;
static uint64_t guard; /* LINUX_PAGE_IS_GUARD, 0 if the kernel lacks it */

static long scan(struct linux_scan_arg *a)
{
	return syscall3(SYS_ioctl, pagemap_fd, LINUX_PAGEMAP_SCAN, a);
}

bool pagemap_open(void)
{
	const long fd = syscall4(SYS_openat, AT_FDCWD,
		"/proc/thread-self/pagemap", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return false;
	pagemap_fd = (int)fd;
	/* A scan of nothing that names the bit. */
	guard = 0;
	struct linux_scan_arg a = {.size = sizeof(a),
		.end = os_page_size,
		.category_mask = LINUX_PAGE_IS_GUARD,
		.return_mask = LINUX_PAGE_IS_GUARD};
	if (scan(&a) >= 0)
		guard = LINUX_PAGE_IS_GUARD;
	return true;
}

void pagemap_close(void)
{
	if (pagemap_fd >= 0)
		syscall1(SYS_close, pagemap_fd);
	pagemap_fd = -1;
}

void pagemap_forget(void)
{
	pagemap_fd = -1;
}

/* Visits what the query asks for, as many calls as that takes. */
static bool visit_matching(
	const struct linux_scan_arg *query, pagemap_visit_fn *visit, void *arg)
{
	struct linux_page_region found[NREGIONS];
	struct linux_scan_arg a = *query;

	a.size = sizeof(a);
	a.vec = (uintptr_t)found;
	a.vec_len = NREGIONS;
	a.return_mask = a.category_mask;
	while (a.start < a.end) {
		a.walk_end = 0;
		const long n = scan(&a);
		/* No way forward: the range cuts a page of 1 GiB in two. */
		if (n < 0 || a.walk_end <= a.start)
			return false;
		for (long i = 0; i < n; i++)
			visit(found[i].start, found[i].end, arg);
		a.start = a.walk_end;
	}
	return true;
}

/* Asks for pages that have memory and can be read, and for more bits. */
static struct linux_scan_arg populated_with(
	uintptr_t lo, uintptr_t hi, uint64_t mask, uint64_t inverted)
{
	return (struct linux_scan_arg){.start = lo,
		.end = hi,
		.category_inverted = inverted | guard,
		.category_mask = mask | guard,
		.category_anyof_mask = POPULATED};
}

bool pagemap_arm(uintptr_t lo, uintptr_t hi)
{
	struct linux_scan_arg a = {.size = sizeof(a),
		.flags = LINUX_SCAN_WP_MATCHING | LINUX_SCAN_CHECK_WPASYNC,
		.start = lo,
		.end = hi,
		.category_mask = LINUX_PAGE_IS_WRITTEN,
		.category_anyof_mask = POPULATED};

	return scan(&a) >= 0 && a.walk_end >= hi;
}

bool pagemap_rearm_written(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg)
{
	struct linux_scan_arg query =
		populated_with(lo, hi, LINUX_PAGE_IS_WRITTEN, 0);

	query.flags = LINUX_SCAN_CHECK_WPASYNC | LINUX_SCAN_WP_MATCHING;
	return visit_matching(&query, visit, arg);
}

/* Takes the holes out of long runs; who gets what is left. */
struct sieve {
	pagemap_visit_fn *visit;
	void *arg;
	bool complete;
};

static void sieve_run(uintptr_t lo, uintptr_t hi, void *arg)
{
	struct sieve *s = arg;

	if (hi - lo < SIEVE_PAGES * os_page_size) {
		s->visit(lo, hi, s->arg);
		return;
	}
	struct linux_scan_arg query =
		populated_with(lo, hi, LINUX_PAGE_IS_WRITTEN, 0);
	query.flags = LINUX_SCAN_CHECK_WPASYNC;
	if (!visit_matching(&query, s->visit, s->arg))
		s->complete = false;
}

bool pagemap_visit_written(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg)
{
	struct sieve s = {visit, arg, true};
	const struct linux_scan_arg quick = {.flags = LINUX_SCAN_CHECK_WPASYNC,
		.start = lo,
		.end = hi,
		.category_mask = LINUX_PAGE_IS_WRITTEN};

	return visit_matching(&quick, sieve_run, &s) && s.complete;
}

bool pagemap_visit_armed(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg)
{
	struct linux_scan_arg query = populated_with(
		lo, hi, LINUX_PAGE_IS_WRITTEN, LINUX_PAGE_IS_WRITTEN);

	query.flags = LINUX_SCAN_CHECK_WPASYNC;
	return visit_matching(&query, visit, arg);
}

/* A run of pages that grows until a page does not belong to it. */
struct run {
	uintptr_t lo;
	uintptr_t hi;
};

static void run_end(struct run *r, pagemap_visit_fn *visit, void *arg)
{
	if (r->lo < r->hi)
		visit(r->lo, r->hi, arg);
	r->lo = r->hi = 0;
}

/* Visits the populated pages whose word has all of the bits in `wanted`. */
static bool visit_words(const struct run *range, uint64_t wanted,
	pagemap_visit_fn *visit, void *arg)
{
	const uint64_t populated =
		LINUX_PAGEMAP_PRESENT | LINUX_PAGEMAP_SWAPPED;
	uint64_t words[NWORDS];
	struct run run = {0, 0};

	for (uintptr_t at = range->lo; at < range->hi;) {
		const uint64_t npages = (range->hi - at) / os_page_size;
		const uint64_t want = npages < NWORDS ? npages : NWORDS;
		const long got = syscall4(SYS_pread64, pagemap_fd, words,
			want * sizeof(words[0]),
			at / os_page_size * sizeof(words[0]));
		if (got < (long)sizeof(words[0]))
			return false;
		const size_t n = (size_t)got / sizeof(words[0]);
		for (size_t i = 0; i < n; i++, at += os_page_size) {
			if ((words[i] & populated) == 0 ||
				(words[i] & wanted) != wanted) {
				run_end(&run, visit, arg);
				continue;
			}
			if (run.lo == run.hi)
				run.lo = at;
			run.hi = at + os_page_size;
		}
	}
	run_end(&run, visit, arg);
	return true;
}

bool pagemap_visit_populated(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg)
{
	const struct linux_scan_arg query = populated_with(lo, hi, 0, 0);
	const struct run range = {lo, hi};

	return visit_matching(&query, visit, arg) ||
	       visit_words(&range, 0, visit, arg);
}

bool pagemap_visit_soft_dirty(
	uintptr_t lo, uintptr_t hi, pagemap_visit_fn *visit, void *arg)
{
	const struct run range = {lo, hi};

	return visit_words(&range, LINUX_PAGEMAP_SOFT_DIRTY, visit, arg);
}
