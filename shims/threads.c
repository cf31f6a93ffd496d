/*
 * threads: the registry, and pthread_create.
 *
 * Records lie in slabs that are mapped when needed and never unmapped, so the
 * collector, and handlers, can walk them without a lock: a record is taken by
 * a compare-and-exchange of its state, and filled while it is SAFE and has no
 * thread, in which state the collector leaves it alone.
 *
 * Nobody tells when a thread ends, since it runs code of the program to the
 * very end; records of ended threads are found by tgkill(2) saying ESRCH, by
 * the collector before a stop and when records run out.  by_tid finds the
 * record of an earlier thread when the kernel gives its number to another.
 *
 * Locking:    none.
 * Context:    any, handlers included; no libc but in pthread_create itself.
 * Assumes:    the thread pointer of a libc thread lies in the mapping of its
 *             stack, and libc's descriptor begins there.
 */
#include "shims/threads.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

#include "core/bits.h"
#include "core/fatal.h"
#include "core/os.h"
#include "core/syscall.h"
#include "core/thread.h"
#include "shims/real.h"
#include "shims/region.h"
#include "shims/stopsignal.h"

enum {
	SLAB_RECORDS = 256,
	MAX_SLABS = 1024, /* 262,144 threads */
	NBY_TID = 4096,
	DESCRIPTOR_SIZE = 2304, /* bytes of libc's above the thread pointer */
	STACK_SIZE_LIKELY = 8 << 20,
};

_Thread_local struct mutator *mutator_current;

static struct mutator *slabs[MAX_SLABS];
static struct mutator *by_tid[NBY_TID]; /* the last with tid % NBY_TID */

struct mutator *mutators_at(size_t i)
{
	struct mutator *slab = load_acquire(&slabs[i / SLAB_RECORDS]);

	if (slab == NULL)
		return NULL;
	struct mutator *m = &slab[i % SLAB_RECORDS];
	return load_acquire(&m->state) != MUTATOR_UNUSED ? m : NULL;
}

size_t mutators_end(void)
{
	size_t n = 0;

	while (n < MAX_SLABS && load_acquire(&slabs[n]) != NULL)
		n++;
	return n * SLAB_RECORDS;
}

/* One more slab; false: no memory, or too many threads. */
static bool add_slab(void)
{
	const size_t size = SLAB_RECORDS * sizeof(struct mutator);
	struct mutator *slab = os_map(size);

	for (size_t i = 0; slab != NULL && i < MAX_SLABS; i++) {
		struct mutator *none = NULL;
		if (try_cas_acqrel(&slabs[i], &none, slab))
			return true;
	}
	if (slab != NULL)
		os_unmap(slab, size);
	return false;
}

static struct mutator *try_take_record(void)
{
	const size_t end = mutators_end();

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = &slabs[i / SLAB_RECORDS][i % SLAB_RECORDS];
		uint32_t unused = MUTATOR_UNUSED;
		if (load_relaxed(&m->state) == MUTATOR_UNUSED &&
			try_cas_acquire(&m->state, &unused, MUTATOR_SAFE))
			return m; /* pairs: mutator_free */
	}
	return NULL;
}

struct mutator *mutator_new(void)
{
	struct mutator *m = try_take_record();

	if (m != NULL)
		return m;
	mutators_reap();
	while ((m = try_take_record()) == NULL)
		if (!add_slab())
			return NULL;
	return m;
}

void mutator_free(struct mutator *m)
{
	const size_t rest = offsetof(struct mutator, asked);

	memset((char *)m + rest, 0, sizeof *m - rest);
	store_release(&m->state, MUTATOR_UNUSED); /* pairs: try_take_record */
}

bool mutator_try_end(struct mutator *m, uint32_t tid)
{
	/* The number tells the uses of a record apart: whoever takes it from */
	/* a thread that is gone ends that use and no later one. */
	if (tid == 0 || !try_cas_acqrel(&m->tid, &tid, 0))
		return false;
	store_release(&m->state, MUTATOR_ENDED);
	return true;
}

/* What it returned may be on its way to whoever joins it: look twice. */
static bool has_ended(struct mutator *m, uint32_t tid, uint32_t pid)
{
	const bool is_dead = tid != 0 && load_acquire(&m->created) &&
			     (load_relaxed(&m->state) == MUTATOR_RUNNING ||
				     load_relaxed(&m->distrusted)) &&
			     syscall3(SYS_tgkill, pid, tid, 0) == -ESRCH;
	const bool was_dead = m->was_seen_dead;
	m->was_seen_dead = is_dead;
	return is_dead && (was_dead || load_acquire(&m->result) == NULL);
}

void mutators_reap(void)
{
	const size_t end = mutators_end();
	const uint32_t pid = (uint32_t)syscall0(SYS_getpid);

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m == NULL)
			continue;
		const uint32_t tid = load_acquire(&m->tid);
		/* Two may find the same one; one of them frees it. */
		if (has_ended(m, tid, pid) && mutator_try_end(m, tid))
			mutator_free(m);
	}
}

/* The end of the main thread's stack: the kernel puts the file name there. */
static uintptr_t main_stack_high(void)
{
	const char *name = (const char *)getauxval(AT_EXECFN);

	if (name == NULL)
		return 0;
	return align_up((uintptr_t)name + strlen(name) + 1, os_page_size);
}

static uintptr_t stack_high_of(uintptr_t tp, uint32_t tid)
{
	if (tid == (uint32_t)syscall0(SYS_getpid))
		return main_stack_high();
	return align_up(tp + DESCRIPTOR_SIZE, os_page_size);
}

struct mutator *mutator_of_pointer(uintptr_t tp)
{
	const size_t end = mutators_end();

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m != NULL && tp != 0 && load_relaxed(&m->tp) == tp)
			return m;
	}
	return NULL;
}

STOP_HANDLER void mutator_recognise(struct mutator *m, uintptr_t tp)
{
	m->stack_high = stack_high_of(tp, load_relaxed(&m->tid));
	if (m->stack_size == 0)
		m->stack_size = STACK_SIZE_LIKELY;
	m->core = thread_self();
	mutator_current = m;
	store_relaxed(&m->tp, tp);
}

/*
 * The record is the thread's with this number; an older one is freed, and so
 * is one that the collector makes of it at the same time: either it finds
 * ours in by_tid, or we find its own there.
 */
static void enter_by_tid(struct mutator *m, uint32_t tid)
{
	store_release(&m->tid, tid); /* pairs: has_ended, mutator_new_foreign */
	struct mutator *before = exchange_seqcst(&by_tid[tid % NBY_TID], m);

	if (before != NULL && before != m && mutator_try_end(before, tid))
		mutator_free(before);
}

void mutator_begin(struct mutator *m, uint32_t tid)
{
	mutator_recognise(m, machine_thread_pointer());
	m->stack_high = stack_high_of(m->tp, tid);
	m->is_foreign = false;
	enter_by_tid(m, tid);
}

struct mutator *mutator_new_foreign(uint32_t tid)
{
	struct mutator **entry = &by_tid[tid % NBY_TID];
	struct mutator *m = mutator_new(), *before = load_acquire(entry);

	if (m == NULL)
		return NULL;
	m->is_foreign = true;
	store_relaxed(&m->created, true);
	store_relaxed(&m->tid, tid);
	store_release(&m->state, MUTATOR_RUNNING); /* pairs: mutators_at */
	do {
		if (before == NULL || load_acquire(&before->tid) != tid)
			continue;
		mutator_free(m); /* it has come forward: enter_by_tid */
		return before;
	} while (!try_cas_acqrel(entry, &before, m));
	return m;
}

/* A stop may be in progress: what the caller has is on the stack then. */
COLD static struct mutator *register_self(void)
{
	if (load_relaxed(&world.is_over))
		return NULL; /* nobody asks, and a filter may mind */
	const uint32_t tid = (uint32_t)syscall0(SYS_gettid);
	struct mutator *m = os_thread_owns(tid) ? NULL : mutator_new();

	if (m == NULL)
		return NULL;
	__builtin_unwind_init();
	m->sp = machine_sp();
	store_relaxed(&m->created, true);
	mutator_begin(m, tid);
	region_end(m);
	return m;
}

struct mutator *mutator_self(void)
{
	return likely(mutator_current != NULL) ? mutator_current
					       : register_self();
}

STOP_HANDLER bool mutator_answer(struct mutator *m)
{
	const uint32_t asked = exchange_seqcst(&m->asked, 0);

	if (asked != 0 && asked == load_relaxed(&world.stopping) &&
		fetch_sub_relaxed(&world.missing, 1) == 1)
		os_futex_wake(&world.missing);
	return asked != 0;
}

void mutators_fork_child(void)
{
	const size_t end = mutators_end();
	struct mutator *self = mutator_current;

	for (size_t i = 0; i < end; i++) {
		struct mutator *m = mutators_at(i);
		if (m != NULL && m != self)
			mutator_free(m);
	}
	memset(by_tid, 0, sizeof by_tid);
	if (self == NULL)
		return;
	store_relaxed(&self->asked, 0);
	store_relaxed(&self->state, MUTATOR_RUNNING);
	mutator_begin(self, (uint32_t)syscall0(SYS_gettid));
}

/* pthread_create. */

/* What a thread of the program begins with. */
static void *thread_main(void *record)
{
	struct mutator *m = record;

	mutator_begin(m, (uint32_t)syscall0(SYS_gettid));
	region_end(m);
	void *(*start)(void *) = m->start;
	void *argument = m->argument;
	m->argument = NULL;
	void *result = start(argument);
	store_release(&m->result, result); /* pairs: has_ended */
	return result;
}

/*
 * The creator must not be parked between clone(2) and the end: the new thread
 * may wait for it with all signals blocked.
 */
static int create_thread(pthread_t *id, const pthread_attr_t *attr,
	void *(*start)(void *), void *argument)
{
	struct mutator *self = mutator_self();
	struct mutator *m = mutator_new();

	if (self == NULL || m == NULL) /* the collector will find it */
		return REAL(pthread_create)(id, attr, start, argument);
	m->start = start;
	m->argument = argument;
	if (attr != NULL)
		pthread_attr_getstacksize(attr, &m->stack_size);
	stopsignal_defer(self);
	const int error = REAL(pthread_create)(id, attr, thread_main, m);
	if (error == 0)
		store_release(&m->created, true); /* pairs: has_ended */
	else
		mutator_free(m);
	stopsignal_note_thread();
	stopsignal_undefer(self);
	return error;
}

SHIM int pthread_create(pthread_t *restrict id,
	const pthread_attr_t *restrict attr, void *(*start)(void *),
	void *restrict argument)
{
	if (likely(!world_is_watched()) || load_relaxed(&world.is_over))
		return REAL(pthread_create)(id, attr, start, argument);
	return create_thread(id, attr, start, argument);
}

/*
 * From now on it may unwind out of a safe region, and run cleanup handlers of
 * the program while its state says SAFE.
 */
static void distrust(pthread_t id)
{
	struct mutator *m = mutator_of_pointer((uintptr_t)id);

	if (m != NULL)
		store_seqcst(&m->distrusted, true);
}

SHIM int pthread_cancel(pthread_t id)
{
	if (world_is_watched())
		distrust(id);
	return REAL(pthread_cancel)(id);
}

SHIM _Noreturn void pthread_exit(void *result)
{
	if (world_is_watched() && mutator_current != NULL)
		store_release(&mutator_current->result, result);
	REAL(pthread_exit)(result);
	__builtin_unreachable();
}
