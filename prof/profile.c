/*
 * profile: the buckets' counts at one moment, and what they stand for.
 *
 *   buckets --under the lock--> counts --after it--> rows --> pb or text
 *
 * The lock is held for a copy of four words a bucket.  All the rest, the
 * arithmetic of sampling included, works on that copy, so the program does
 * not wait for a disk.
 *
 * Rows are whole amounts, not samples: a reader must not scale them again.
 *
 * A file is written under another name and then renamed.
 *
 * Locking:    prof, for the copy.
 */
#include "prof/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "core/atomics.h"
#include "core/fatal.h"
#include "core/os_own.h"
#include "core/syscall.h"
#include "prof/buckets.h"
#include "prof/out.h"
#include "prof/prof.h"
#include "prof/sampler.h"

enum {
	FILE_MODE = 0666,   /* and the umask */
	PATH_ROOM = 1200,   /* bytes of a path and what is added to it */
	BUCKETS_AHEAD = 64, /* rows for buckets that come in meanwhile */
};

static uint64_t started_ns;    /* CLOCK_MONOTONIC */
static uint32_t nfiles_opened; /* atomic: makes temporary names differ */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void profile_start_clock(void)
{
	started_ns = clock_ns(CLOCK_MONOTONIC);
}

/* Counts of samples for now: row_weigh makes amounts of them. */
static void copy_counts_locked(
	struct profile *p, enum profile_view view, size_t max)
{
	const struct bucket *b = buckets.newest;

	for (; b != NULL && p->nrows < max; b = b->older) {
		uint64_t nallocs = b->nallocs, nfrees = b->nfrees;
		if (view == PROFILE_PEAK)
			bucket_at_peak(b, &nallocs, &nfrees);
		if (view == PROFILE_LOST)
			nfrees = nallocs - b->nlost;
		if (nallocs == 0)
			continue;
		p->rows[p->nrows++] = (struct profile_row){
			.bucket = b,
			.alloc_objects = nallocs,
			.inuse_objects = nallocs - nfrees,
		};
	}
}

static void row_weigh(struct profile_row *r)
{
	uint64_t probability = r->bucket->probability;
	size_t size = r->bucket->key.size;

	r->alloc_bytes = sampler_weigh(r->alloc_objects * size, probability);
	r->inuse_bytes = sampler_weigh(r->inuse_objects * size, probability);
	r->alloc_objects = sampler_weigh(r->alloc_objects, probability);
	r->inuse_objects = sampler_weigh(r->inuse_objects, probability);
}

bool profile_take(struct profile *p, enum profile_view view)
{
	size_t max = load_relaxed(&buckets.n) + BUCKETS_AHEAD;

	*p = (struct profile){
		.rate = prof_rate(),
		.nlost = load_relaxed(&prof.nlost),
		.unix_ns = clock_ns(CLOCK_REALTIME),
		.since_ns = clock_ns(CLOCK_MONOTONIC) - started_ns,
		.rows_bytes = max * sizeof *p->rows,
	};
	p->rows = os_own_map(p->rows_bytes);
	if (p->rows == NULL)
		return false;
	prof_lock();
	copy_counts_locked(p, view, max);
	prof_unlock();
	for (size_t i = 0; i < p->nrows; i++)
		row_weigh(&p->rows[i]);
	return true;
}

void profile_drop(struct profile *p)
{
	os_own_unmap(p->rows, p->rows_bytes);
	p->rows = NULL;
}

int profile_write(int fd, enum profile_view view, enum profile_format format)
{
	struct profile p;
	struct out o;

	if (!profile_take(&p, view))
		return ENOMEM;
	if (!out_open(&o, fd, format == PROFILE_PB)) {
		profile_drop(&p);
		return ENOMEM;
	}
	bool done = format == PROFILE_PB ? profile_pb_write(&o, &p)
					 : profile_text_write(&o, &p);
	int error = out_close(&o);
	profile_drop(&p);
	return done ? error : ENOMEM;
}

int profile_write_file(
	const char *path, enum profile_view view, enum profile_format kind)
{
	char temporary[PATH_ROOM];
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;

	size_t n = format(temporary, sizeof temporary, "%s.%u-%u.part", path,
		(unsigned)syscall0(SYS_getpid),
		fetch_add_relaxed(&nfiles_opened, 1));
	if (n == sizeof temporary - 1)
		return ENAMETOOLONG;
	long fd = syscall4(SYS_openat, AT_FDCWD, temporary, flags, FILE_MODE);
	if (fd < 0)
		return (int)-fd;
	int error = profile_write((int)fd, view, kind);
	long closed = syscall1(SYS_close, fd);
	if (error == 0 && closed < 0)
		error = (int)-closed;
	if (error == 0)
		error = (int)-syscall5(
			SYS_renameat2, AT_FDCWD, temporary, AT_FDCWD, path, 0);
	if (error != 0)
		syscall3(SYS_unlinkat, AT_FDCWD, temporary, 0);
	return error;
}
