/*
 * probe: preloaded before an allocator, it counts and it answers.
 *
 *   program -> probe -> the next malloc (a preloaded allocator, or glibc)
 *
 * It counts requests by size and live bytes by usable size, and answers the
 * sampler's questions about the allocator between two calls: see page.h.  It
 * has no thread, no handler and no descriptor, so the program runs as it
 * would otherwise, only slower.  A run with it is not for timing.
 *
 * operator new and delete go the way of malloc and free, since an allocator
 * may define its own that would not pass here.
 *
 * Before dlsym has found the next malloc, requests are served from a small
 * array: dlsym itself may make some.
 *
 * A child of fork has a page of its own, which begins with what it inherited.
 *
 * Locking:    none; see page.h.
 * Context:    whatever calls malloc; questions are not met in a handler that
 *             interrupted an answer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/atomics.h"
#include "cmd/probe/ask.h"
#include "cmd/probe/page.h"

#define EXPORT __attribute__((visibility("default")))

enum { EARLY_BYTES = 64 << 10, MIN_ALIGN = 16 };

/* The allocator's functions. */
static struct {
	void *(*malloc)(size_t);
	void (*free)(void *);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void *(*memalign)(size_t, size_t);
	size_t (*usable_size)(void *);
} next;

/* Requests while next is being looked up; never given back. */
static struct {
	_Alignas(MIN_ALIGN) char bytes[EARLY_BYTES];
	size_t used;
} early;

static struct probe_page blank; /* counters until there is a page */
static struct probe_page *page = &blank;
static uint32_t nthreads;
static __thread struct probe_shard *my_shard;
static __thread bool is_looking_up;
static __thread bool is_inside; /* the allocator itself calls malloc */

/* ---- Counting -------------------------------------------------------- */

static struct probe_shard *probe_shard(void)
{
	if (my_shard == NULL) {
		const uint32_t i = fetch_add_relaxed(&nthreads, 1);
		my_shard = &page->shard[i % PROBE_NSHARDS];
		if (i < PROBE_NSHARDS)
			store_relaxed(&page->nshards, i + 1);
	}
	return my_shard;
}

static void probe_count_request(size_t size, size_t usable)
{
	struct probe_shard *shard = probe_shard();
	struct probe_bucket *r = &shard->bucket[probe_bucket_of(size)];
	struct probe_bucket *u = &shard->bucket[probe_bucket_of(usable)];

	fetch_add_relaxed(&r->nrequests, 1);
	fetch_add_relaxed(&r->requested, size);
	fetch_add_relaxed(&r->usable, usable);
	fetch_add_relaxed(&u->nallocs, 1);
	fetch_add_relaxed(&u->asked, size);
	fetch_add_relaxed(&u->got, usable);
}

static void probe_count_free(size_t usable)
{
	struct probe_bucket *u =
		&probe_shard()->bucket[probe_bucket_of(usable)];

	fetch_add_relaxed(&u->nfrees, 1);
	fetch_add_relaxed(&u->lost, usable);
}

/* ---- Answering ------------------------------------------------------- */

/* Waits until the sampler has seen enough.  pairs: page_let_go */
static void probe_rest(uint32_t *word, int limit_ms)
{
	const struct timespec slice = {.tv_nsec = 10 * 1000 * 1000};

	for (int ms = 0; ms < limit_ms && load_acquire(word) != 0; ms += 10)
		syscall(SYS_futex, word, FUTEX_WAIT, 1, &slice, NULL, 0);
}

static void probe_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* One thread answers; the others go on.  errno stays as it is. */
static void probe_answer(bool is_over)
{
	const int saved_errno = errno;
	uint32_t expected = 0;

	if (!try_cas_acquire(&page->is_busy, &expected, 1))
		return;
	const uint32_t question = load_acquire(&page->question);
	is_inside = true;
	probe_ask_allocator(&page->heap);
	is_inside = false;
	/* pairs: watch_wait */
	store_release(&page->is_over, is_over);
	store_release(&page->answer, question);
	probe_wake(&page->answer);
	if (is_over)
		probe_rest(&page->is_kept, PROBE_KEEP_MS);
	else
		probe_rest(&page->is_held, PROBE_HOLD_MS);
	store_release(&page->is_busy, 0);
	errno = saved_errno;
}

static void probe_meet_question(void)
{
	/* pairs: watch_ask */
	if (__builtin_expect(load_acquire(&page->question) !=
				     load_relaxed(&page->answer),
		    0))
		probe_answer(false);
}

/* ---- The page -------------------------------------------------------- */

/* A file for this process, with what was counted so far. */
static void probe_open(const struct probe_page *counted)
{
	char path[4096];
	const char *folder = getenv(PROBE_FOLDER);

	if (folder == NULL)
		return;
	snprintf(path, sizeof path, "%s/%d.probe", folder, getpid());
	unlink(path); /* of what this process was before its exec */
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	struct probe_page *p = MAP_FAILED;
	if (ftruncate(fd, sizeof *p) == 0)
		p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	memcpy(p->shard, counted->shard, sizeof p->shard);
	p->nshards = counted->nshards;
	p->pid = getpid();
	page = p;
	my_shard = NULL;
	/* pairs: page_map */
	store_release(&p->magic, PROBE_MAGIC);
}

/* The parent's page stays mapped: a thread of it may be about to count. */
static void probe_begin_child(void)
{
	if (page == &blank)
		return;
	struct probe_page *parents = page;
	page = &blank;
	probe_open(parents);
}

static void *probe_find(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void probe_look_up(void)
{
	void *found[] = {
		probe_find("malloc"),
		probe_find("free"),
		probe_find("calloc"),
		probe_find("realloc"),
		probe_find("memalign"),
		probe_find("malloc_usable_size"),
	};

	memcpy(&next, found, sizeof next);
}

/* Whether the next malloc is known; not while it is being looked up. */
static bool probe_is_ready(void)
{
	if (__builtin_expect(next.usable_size != NULL, 1))
		return true;
	if (is_looking_up)
		return false;
	is_looking_up = true;
	probe_look_up();
	is_looking_up = false;
	return next.usable_size != NULL;
}

__attribute__((constructor)) static void probe_start(void)
{
	if (!probe_is_ready())
		return;
	probe_open(&blank);
	probe_ask_prepare();
	pthread_atfork(NULL, NULL, probe_begin_child);
}

__attribute__((destructor)) static void probe_end(void)
{
	if (page != &blank)
		probe_answer(true);
}

/* ---- What the program calls ------------------------------------------ */

static bool is_early(const void *p)
{
	return (const char *)p >= early.bytes &&
	       (const char *)p < early.bytes + EARLY_BYTES;
}

static void *early_malloc(size_t size)
{
	const size_t rounded = (size + MIN_ALIGN - 1) & ~(MIN_ALIGN - 1UL);

	if (rounded > EARLY_BYTES - early.used)
		return NULL;
	early.used += rounded;
	return early.bytes + early.used - rounded;
}

/* A call begins; false: it is the allocator's own and does not count. */
static bool probe_enter(void)
{
	if (is_inside)
		return false;
	probe_meet_question();
	is_inside = true;
	return true;
}

/* A call that has been entered ends with this result. */
static void *probe_leave(void *p, size_t size)
{
	if (p != NULL)
		probe_count_request(size, next.usable_size(p));
	is_inside = false;
	return p;
}

EXPORT void *malloc(size_t size)
{
	if (!probe_is_ready())
		return early_malloc(size);
	if (!probe_enter())
		return next.malloc(size);
	return probe_leave(next.malloc(size), size);
}

EXPORT void free(void *p)
{
	if (p == NULL || is_early(p) || !probe_is_ready())
		return;
	if (!probe_enter()) {
		next.free(p);
		return;
	}
	probe_count_free(next.usable_size(p));
	next.free(p);
	is_inside = false;
}

EXPORT void *calloc(size_t n, size_t size)
{
	if (!probe_is_ready())
		return early_malloc(n * size); /* zero from the start */
	if (!probe_enter())
		return next.calloc(n, size);
	return probe_leave(next.calloc(n, size), n * size);
}

static void *realloc_early(void *p, size_t size)
{
	const size_t rest = (size_t)(early.bytes + EARLY_BYTES - (char *)p);
	void *moved = malloc(size);

	if (moved != NULL)
		memcpy(moved, p, size < rest ? size : rest);
	return moved;
}

EXPORT void *realloc(void *p, size_t size)
{
	if (p == NULL)
		return malloc(size);
	if (is_early(p))
		return realloc_early(p, size);
	if (!probe_enter())
		return next.realloc(p, size);
	const size_t before = next.usable_size(p);
	void *moved = next.realloc(p, size);
	if (moved != NULL || size == 0)
		probe_count_free(before);
	return probe_leave(moved, size);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

EXPORT void *memalign(size_t align, size_t size)
{
	if (!probe_is_ready())
		return NULL;
	if (!probe_enter())
		return next.memalign(align, size);
	return probe_leave(next.memalign(align, size), size);
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
	const int saved_errno = errno;

	if (align < sizeof(void *) || (align & (align - 1)) != 0)
		return EINVAL;
	void *p = memalign(align, size);
	errno = saved_errno;
	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

EXPORT void *valloc(size_t size)
{
	return memalign((size_t)sysconf(_SC_PAGESIZE), size);
}

EXPORT size_t malloc_usable_size(void *p)
{
	if (p == NULL || is_early(p) || !probe_is_ready())
		return 0;
	return next.usable_size(p);
}
