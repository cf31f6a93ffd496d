/*
 * kernel_held: a table of what the kernel holds, outside the heap.
 *
 *   epoll_ctl(e, ADD, fd, {data})  held[EPOLL, e, fd] = data
 *   epoll_ctl(e, MOD, fd, {data})  both the old and the new, until it is done
 *   epoll_ctl(e, DEL, fd)          gone
 *
 * The table is open addressing over slots that are claimed by their key and
 * never given back, in blocks of growing size.  A closed descriptor leaves its
 * entry until its number is used again: a duplicate may keep the registration
 * alive, and keeping too much is the safe side.
 *
 * A queued signal's value has no key: the last NQUEUED are held.
 *
 * Locking:    none: slots are claimed by compare-and-exchange, and two threads
 *             that change one registration at a time have a race of their own.
 * Context:    mutator, its handlers; the visit while the world is stopped.
 */
#include "shims/kernel_held.h"

#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "core/os.h"
#include "shims/real.h"
#include "shims/threads.h"
#include "shims/world.h"

enum {
	NBLOCKS = 20,        /* the last one alone has 2^29 slots */
	FIRST_NSLOTS = 1024, /* in the first block; each has twice as many */
	NPROBES = 16,        /* slots looked at for a key in one block */
	NQUEUED = 4096,      /* values of queued signals */
	NODES_PER_VALUE = 2, /* before and after a change */
};

/* Who holds it. */
enum holder { HOLDER_NONE, HOLDER_EPOLL, HOLDER_TIMER, HOLDER_MQUEUE };

/* Shared (atomic) */
struct held {
	uint64_t key;                    /* 0: nobody's yet */
	uintptr_t word[NODES_PER_VALUE]; /* what the kernel may give back */
};

static struct held *blocks[NBLOCKS];
static uintptr_t queued[NQUEUED]; /* a ring */
static uint32_t nqueued;          /* ever; atomic */

static uint64_t make_key(enum holder holder, uint32_t a, uint32_t b)
{
	return (uint64_t)holder << 62 | (uint64_t)a << 31 | b;
}

static size_t nslots(size_t block)
{
	return (size_t)FIRST_NSLOTS << block;
}

static struct held *block_at(size_t i)
{
	struct held *block = load_acquire(&blocks[i]);

	if (block != NULL)
		return block;
	struct held *new = os_map(nslots(i) * sizeof *new);
	if (new == NULL || try_cas_acqrel(&blocks[i], &block, new))
		return new;
	os_unmap(new, nslots(i) * sizeof *new);
	return block;
}

/* The key's slot in a block; claims one if `claim`.  NULL: none. */
static struct held *find_in(
	struct held *block, size_t n, uint64_t key, bool claim)
{
	const size_t hash = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	for (size_t i = 0; i < NPROBES; i++) {
		struct held *h = &block[(hash + i) % n];
		uint64_t free = 0;
		if (load_acquire(&h->key) == key)
			return h;
		if (claim && load_relaxed(&h->key) == 0 &&
			(try_cas_acqrel(&h->key, &free, key) || free == key))
			return h;
	}
	return NULL;
}

static struct held *find(uint64_t key)
{
	for (size_t i = 0; i < NBLOCKS && load_acquire(&blocks[i]) != NULL;
		i++) {
		struct held *h = find_in(blocks[i], nslots(i), key, false);
		if (h != NULL)
			return h;
	}
	return NULL;
}

/* The key's slot, a new one if need be; NULL: no memory. */
static struct held *claim(uint64_t key)
{
	struct held *h = find(key);

	for (size_t i = 0; h == NULL && i < NBLOCKS; i++) {
		struct held *block = block_at(i);
		if (block == NULL)
			return NULL;
		h = find_in(block, nslots(i), key, true);
	}
	return h;
}

/* Both are held while the kernel changes from one to the other. */
static void held_begin(struct held *h, uintptr_t word)
{
	if (h != NULL)
		store_release(&h->word[1], word);
}

/* The kernel has changed it, or not. */
static void held_end(struct held *h, bool changed)
{
	if (h == NULL)
		return;
	if (changed)
		store_release(&h->word[0], load_relaxed(&h->word[1]));
	store_release(&h->word[1], 0);
}

static void held_forget(struct held *h)
{
	if (h != NULL)
		store_release(&h->word[0], 0);
}

/* Most slots are empty. */
static void visit_word(
	void (*visit)(void *arg, uintptr_t word), void *arg, uintptr_t word)
{
	if (word != 0)
		visit(arg, word);
}

void shims_visit_kernel_held(
	void (*visit)(void *arg, uintptr_t word), void *arg)
{
	const uint32_t n = load_relaxed(&nqueued);

	for (size_t i = 0; i < NBLOCKS && blocks[i] != NULL; i++)
		for (size_t k = 0; k < nslots(i); k++) {
			const struct held *h = &blocks[i][k];
			visit_word(visit, arg, load_relaxed(&h->word[0]));
			visit_word(visit, arg, load_relaxed(&h->word[1]));
		}
	for (size_t i = 0; i < n && i < NQUEUED; i++)
		visit_word(visit, arg, load_relaxed(&queued[i]));
	const size_t end = mutators_end();
	for (size_t i = 0; i < end; i++) {
		const struct mutator *m = mutators_at(i);
		if (m == NULL)
			continue;
		visit_word(visit, arg, (uintptr_t)m->argument);
		visit_word(visit, arg, (uintptr_t)m->result);
		visit_word(visit, arg, m->altstack);
	}
}

/* epoll. */

static int control_epoll(int epfd, int op, int fd, struct epoll_event *event)
{
	const uint64_t key =
		make_key(HOLDER_EPOLL, (uint32_t)epfd, (uint32_t)fd);

	if (op == EPOLL_CTL_DEL || event == NULL) {
		const int result = REAL(epoll_ctl)(epfd, op, fd, event);
		if (result == 0)
			held_forget(find(key));
		return result;
	}
	struct held *h = claim(key);
	held_begin(h, (uintptr_t)event->data.u64);
	const int result = REAL(epoll_ctl)(epfd, op, fd, event);
	held_end(h, result == 0);
	return result;
}

SHIM int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	if (likely(!world_is_watched()))
		return REAL(epoll_ctl)(epfd, op, fd, event);
	return control_epoll(epfd, op, fd, event);
}

/* Timers and queues. */

SHIM int timer_create(clockid_t clock, struct sigevent *restrict event,
	timer_t *restrict timer)
{
	const int result = REAL(timer_create)(clock, event, timer);

	/* The caller has the value until this returns. */
	if (unlikely(world_is_watched()) && result == 0 && event != NULL) {
		struct held *h = claim(
			make_key(HOLDER_TIMER, 0, (uint32_t)(uintptr_t)*timer));
		held_begin(h, (uintptr_t)event->sigev_value.sival_ptr);
		held_end(h, true);
	}
	return result;
}

SHIM int timer_delete(timer_t timer)
{
	const int result = REAL(timer_delete)(timer);

	if (unlikely(world_is_watched()) && result == 0)
		held_forget(find(
			make_key(HOLDER_TIMER, 0, (uint32_t)(uintptr_t)timer)));
	return result;
}

SHIM int mq_notify(mqd_t q, const struct sigevent *event)
{
	struct held *h = NULL;

	if (unlikely(world_is_watched()) && event != NULL) {
		h = claim(make_key(HOLDER_MQUEUE, 0, (uint32_t)q));
		held_begin(h, (uintptr_t)event->sigev_value.sival_ptr);
	}
	const int result = REAL(mq_notify)(q, event);
	held_end(h, result == 0);
	return result;
}

/* Signals. */

static void hold_queued(union sigval value)
{
	const uint32_t n = fetch_add_relaxed(&nqueued, 1);

	store_release(&queued[n % NQUEUED], (uintptr_t)value.sival_ptr);
}

SHIM int sigqueue(pid_t pid, int sig, const union sigval value)
{
	if (unlikely(world_is_watched()))
		hold_queued(value);
	return REAL(sigqueue)(pid, sig, value);
}

SHIM int pthread_sigqueue(pthread_t id, int sig, const union sigval value)
{
	if (unlikely(world_is_watched()))
		hold_queued(value);
	return REAL(pthread_sigqueue)(id, sig, value);
}

SHIM int sigaltstack(const stack_t *restrict stack, stack_t *restrict old)
{
	const int result = REAL(sigaltstack)(stack, old);
	struct mutator *m = mutator_current;

	if (unlikely(world_is_watched()) && m != NULL && result == 0 &&
		stack != NULL)
		m->altstack = (stack->ss_flags & SS_DISABLE) != 0
				      ? 0
				      : (uintptr_t)stack->ss_sp;
	return result;
}
