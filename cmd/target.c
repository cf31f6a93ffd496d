/*
 * target: see target.h.
 *
 * The page lies in the library's writable data.  Private writable mappings of
 * files are searched, those of a file called *goalloc* first: a program may
 * also be linked with the library's objects.  A page tells its own address,
 * so that a copy of one is not taken for it.
 *
 * Context:    one thread.
 */
#include "cmd/target.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "cmd/procmaps.h"
#include "cmd/say.h"

enum {
	DATA_MAX = 64 << 20,  /* bytes of one mapping that are searched */
	TRIES = 1000,         /* for a snapshot that nobody writes meanwhile */
	STRUCT_MAX = 2048,    /* bytes of a struct that is not an mcache */
	MCACHE_MAX = 1 << 20, /* bytes of an mcache */
	CLASSES_MAX = 256,    /* size classes */
};

bool target_read(const struct target *t, uint64_t from, void *to, size_t size)
{
	struct iovec here = {to, size}, there = {(void *)from, size};

	return process_vm_readv(t->pid, &here, 1, &there, 1, 0) ==
	       (ssize_t)size;
}

/* Up to IOV_MAX pieces; how many were read whole, at least the first failed. */
static size_t read_some(
	const struct target *t, struct target_piece *pieces, size_t n)
{
	struct iovec here[IOV_MAX], there[IOV_MAX];
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		here[i] = (struct iovec){pieces[i].to, pieces[i].size};
		there[i] =
			(struct iovec){(void *)pieces[i].from, pieces[i].size};
	}
	ssize_t got = process_vm_readv(t->pid, here, n, there, n, 0);
	while (done < n && got > 0 && (size_t)got >= pieces[done].size)
		got -= (ssize_t)pieces[done++].size;
	return done;
}

void target_read_many(
	const struct target *t, struct target_piece *pieces, size_t n)
{
	while (n > 0) {
		size_t some = n < IOV_MAX ? n : IOV_MAX;
		size_t done = read_some(t, pieces, some);
		if (done < some)
			pieces[done++].size = 0;
		pieces += done;
		n -= done;
	}
}

/* Copies a page whose magic was seen; 0: it is none after all. */
static uint64_t check_page(struct target *t, uint64_t addr)
{
	struct statspage *s = &t->stats;

	if (!target_read(t, addr, s, offsetof(struct statspage, layout)) ||
		memcmp(s->magic, STATSPAGE_MAGIC, sizeof s->magic) != 0 ||
		s->self != addr)
		return 0;
	return addr;
}

/* The page's address in this mapping, or 0. */
static uint64_t search_mapping(struct target *t, const struct mapping *m)
{
	size_t size = m->end - m->start;
	uint64_t found = 0;

	if (strncmp(m->prot, "rw-p", 4) != 0 || m->inode == 0 ||
		size > DATA_MAX)
		return 0;
	char *copy = must_calloc(1, size);
	if (target_read(t, m->start, copy, size)) {
		for (size_t at = 0; at + 16 <= size && found == 0;
			at += STATSPAGE_ALIGN)
			if (memcmp(copy + at, STATSPAGE_MAGIC, 16) == 0)
				found = check_page(t, m->start + at);
	}
	free(copy);
	return found;
}

/* Looks at files that are called like the library, or at the others. */
static uint64_t search_maps(
	struct target *t, const struct procmaps *maps, bool is_named)
{
	uint64_t found = 0;

	for (size_t i = 0; i < maps->n && found == 0; i++) {
		const char *slash = strrchr(maps->at[i].path, '/');
		bool named = slash != NULL && strstr(slash, "goalloc") != NULL;
		if (named == is_named)
			found = search_mapping(t, &maps->at[i]);
	}
	return found;
}

/* What an unreadable /proc/PID or process_vm_readv means. */
static enum target_result why_not(pid_t pid)
{
	if (errno == ENOENT || errno == ESRCH ||
		(kill(pid, 0) != 0 && errno == ESRCH))
		return TARGET_GONE;
	return TARGET_DENIED;
}

static enum target_result search(struct target *t)
{
	struct procmaps maps;
	uint64_t word;

	if (!procmaps_read(&maps, t->pid))
		return why_not(t->pid);
	enum target_result r = TARGET_WITHOUT;
	if (maps.n > 0 && !target_read(t, maps.at[0].start, &word, 8))
		r = errno == EPERM ? TARGET_DENIED : TARGET_WITHOUT;
	t->page = r != TARGET_WITHOUT ? 0 : search_maps(t, &maps, true);
	if (t->page == 0 && r == TARGET_WITHOUT)
		t->page = search_maps(t, &maps, false);
	procmaps_free(&maps);
	return t->page != 0 ? TARGET_FOUND : r;
}

/* Whether a field of `size` bytes at this offset lies within a struct. */
static bool fits(uint32_t offset, uint32_t size, uint32_t whole)
{
	return offset <= whole && size <= whole - offset;
}

/* Whether an array of a struct's fields does. */
static bool array_fits(
	uint32_t offset, uint32_t n, uint32_t stride, uint32_t whole)
{
	return stride <= STRUCT_MAX && offset <= whole &&
	       (uint64_t)n * stride <= whole - offset;
}

/*
 * Whether the layout leads nowhere outside of what is read for it: the
 * process may be somebody else's, and is not to be believed.
 */
static bool layout_is_sane(const struct statspage_layout *l)
{
	const struct {
		uint32_t offset;
		uint32_t size;
	} mspan[] = {{l->mspan_base, 8}, {l->mspan_npages, 4},
		{l->mspan_nelems, 2}, {l->mspan_class, 1}, {l->mspan_nlines, 1},
		{l->mspan_nwords, 1}, {l->mspan_remote, 1},
		{l->mspan_purged, 4}, {l->mspan_cached, 8}};
	const uint32_t slot[] = {l->slot_nalloc, l->slot_out, l->slot_rows};
	bool sane = l->page_shift >= 10 && l->page_shift <= 24 &&
		    l->nclasses > 0 && l->nclasses <= CLASSES_MAX &&
		    fits(l->class_size, 4, l->class_stride) &&
		    l->class_stride <= STRUCT_MAX && l->mcache_bytes > 0 &&
		    l->mcache_bytes <= MCACHE_MAX &&
		    fits(l->mcache_next, 8, l->mcache_bytes) &&
		    array_fits(l->mcache_classes, l->nclasses, l->mcache_stride,
			    l->mcache_bytes) &&
		    fits(l->mcache_nmalloc, 8, l->mcache_stride) &&
		    array_fits(l->mcache_slots, l->nclasses, l->slot_stride,
			    l->mcache_bytes) &&
		    l->round_bytes > 0 && l->mspan_header <= STRUCT_MAX &&
		    l->mspan_states <= STRUCT_MAX &&
		    l->remote_bits <= STRUCT_MAX;

	for (size_t i = 0; i < sizeof mspan / sizeof mspan[0]; i++)
		sane = sane &&
		       fits(mspan[i].offset, mspan[i].size, l->mspan_header);
	for (size_t i = 0; i < sizeof slot / sizeof slot[0]; i++)
		sane = sane && fits(slot[i], 8, l->slot_stride);
	return sane && fits(l->slot_size, 2, l->slot_stride);
}

/* A string of the page: ends, and holds nothing that a terminal obeys. */
static void make_printable(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

enum target_result target_open(struct target *t, pid_t pid)
{
	*t = (struct target){.pid = pid};
	enum target_result r = search(t);
	if (r != TARGET_FOUND)
		return r;
	make_printable(t->stats.library, sizeof t->stats.library);
	if (t->stats.version != STATSPAGE_VERSION ||
		t->stats.bytes < sizeof(struct statspage))
		return TARGET_VERSION;
	if (!target_refresh(t))
		return TARGET_GONE;
	return layout_is_sane(&t->stats.layout) ? TARGET_FOUND : TARGET_VERSION;
}

static _Noreturn void die_denied(pid_t pid)
{
	char *yama = file_read("/proc/sys/kernel/yama/ptrace_scope");

	if (yama != NULL && yama[0] != '0')
		die(STATUS_FAILED,
			"process %d may not be read (kernel.yama.ptrace_scope "
			"is %c): run as root",
			(int)pid, yama[0]);
	die(STATUS_FAILED,
		"process %d may not be read: run as its user or as root, with "
		"CAP_SYS_PTRACE in a container",
		(int)pid);
}

void target_must_open(struct target *t, pid_t pid)
{
	switch (target_open(t, pid)) {
	case TARGET_FOUND: return;
	case TARGET_GONE:
		die(STATUS_FAILED, "there is no process %d", (int)pid);
	case TARGET_DENIED: die_denied(pid);
	case TARGET_WITHOUT:
		die(STATUS_FAILED,
			"process %d does not run under the library: start it "
			"with goalloc run",
			(int)pid);
	case TARGET_VERSION:
		die(STATUS_FAILED,
			"process %d runs under libgoalloc %.15s, whose figures "
			"have another form: use its goalloc",
			(int)pid, t->stats.library);
	}
}

/*
 * Reads a sequence number and what it guards until nobody writes meanwhile.
 * After TRIES the last reading stands: a figure may be torn, never wild.
 */
static bool read_guarded(
	const struct target *t, uint64_t at, uint64_t *seq, size_t size)
{
	uint64_t after;

	for (int i = 0; i < TRIES; i++) {
		if (!target_read(t, at, seq, 8) ||
			!target_read(t, at + 8, seq + 1, size) ||
			!target_read(t, at, &after, 8))
			return false;
		if (after == *seq && after % 2 == 0)
			break;
	}
	return true;
}

bool target_refresh(struct target *t)
{
	struct statspage now;

	if (!target_read(t, t->page, &now, sizeof now) ||
		!read_guarded(t, t->page + offsetof(struct statspage, heap_seq),
			&now.heap_seq, sizeof now.heap) ||
		!read_guarded(t, t->page + offsetof(struct statspage, gc_seq),
			&now.gc_seq, sizeof now.gc))
		return false;
	t->stats.heap = now.heap;
	t->stats.gc = now.gc;
	if (t->stats.layout.nclasses == 0) /* the first time */
		t->stats.layout = now.layout;
	return true;
}
