/*
 * profile_text: the text format of gperftools, which pprof reads too.
 *
 *   heap profile: 12: 4096 [15: 5000] @ heapprofile
 *     10: 4000 [12: 4800] @ 0x55f364b391ae 0x55f364b391e0
 *   ...
 *   MAPPED_LIBRARIES:
 *   /proc/self/maps as it is
 *
 * "heapprofile" says that the amounts are no samples to be scaled.  Addresses
 * are return addresses; a reader takes one off.  Where both pairs of the first
 * line are equal, pprof would see no second pair in any line: one byte is
 * added, as Go does.
 *
 * Locking:    none.
 */
#include <fcntl.h>

#include "core/syscall.h"
#include "prof/buckets.h"
#include "prof/out.h"
#include "prof/profile.h"

enum { COPY_SIZE = 1024 /* bytes of /proc/self/maps at once */ };

static void write_counts(struct out *o, const struct profile_row *r)
{
	out_format(o, "%lu: %lu [%lu: %lu] @", r->inuse_objects, r->inuse_bytes,
		r->alloc_objects, r->alloc_bytes);
}

static void write_sum(struct out *o, const struct profile *p)
{
	struct profile_row sum = {0};

	for (size_t i = 0; i < p->nrows; i++) {
		sum.inuse_objects += p->rows[i].inuse_objects;
		sum.inuse_bytes += p->rows[i].inuse_bytes;
		sum.alloc_objects += p->rows[i].alloc_objects;
		sum.alloc_bytes += p->rows[i].alloc_bytes;
	}
	if (sum.alloc_bytes == sum.inuse_bytes)
		sum.alloc_bytes++;
	out_string(o, "heap profile: ");
	write_counts(o, &sum);
	out_string(o, " heapprofile\n");
}

/* No objects but some bytes, by rounding, is an error for pprof. */
static void write_row(struct out *o, const struct profile_row *r)
{
	const struct call_stack *stack = r->bucket->key.stack;
	struct profile_row row = *r;

	if (row.inuse_objects == 0)
		row.inuse_bytes = 0;
	write_counts(o, &row);
	for (uint32_t i = 0; i < stack->npcs; i++)
		out_format(o, " %#lx", stack->pcs[i]);
	out_string(o, "\n");
}

static void write_maps(struct out *o)
{
	char piece[COPY_SIZE];
	long n, fd = syscall4(SYS_openat, AT_FDCWD, "/proc/self/maps",
			O_RDONLY | O_CLOEXEC, 0);

	out_string(o, "\nMAPPED_LIBRARIES:\n");
	if (fd < 0)
		return;
	while ((n = syscall3(SYS_read, fd, piece, sizeof piece)) > 0)
		out_bytes(o, piece, (size_t)n);
	syscall1(SYS_close, fd);
}

bool profile_text_write(struct out *o, const struct profile *p)
{
	write_sum(o, p);
	for (size_t i = 0; i < p->nrows; i++)
		write_row(o, &p->rows[i]);
	write_maps(o);
	return true;
}
