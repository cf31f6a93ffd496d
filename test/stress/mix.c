/*
 * mix: every call of the API at random, in threads, against a shadow record.
 *
 *   own table --put--> exchange --take--> another thread's table
 *
 * Each thread keeps a table of objects with what it knows of each: size asked
 * for, alignment, id of the pattern inside.  It checks an object whenever it
 * touches it.  Objects that went through the exchange are freed, resized and
 * checked by a thread that did not allocate them.
 *
 * Invariants: an exchange slot is read and written only by who holds it BUSY.
 */
#include "stress.h"

#include <malloc.h>

enum {
	OWN_SLOTS = 1500,
	EXCHANGE_SLOTS = 256,
	LIVE_MAX = 48 << 20, /* bytes in one thread's table */
};

struct object {
	void *p;
	size_t size;   /* as asked for */
	size_t filled; /* bytes that carry the pattern; may use the slack */
	size_t align;  /* 0: not from an aligned call */
	uint64_t id;
};

enum slot_state { EMPTY, BUSY, FULL };

struct slot {
	_Atomic int state;
	struct object object;
};

struct worker {
	uint64_t random;
	uint64_t next_id;
	size_t live; /* bytes */
	struct object own[OWN_SLOTS];
};

static struct slot exchange[EXCHANGE_SLOTS];
static atomic_ulong noperations;

static size_t natural_align(size_t size)
{
	return size <= 8 ? 8 : 16;
}

/* A new object by one of the nine calls; its bytes are not yet filled. */
static struct object object_new(struct worker *w)
{
	struct object o = {.size = random_size(&w->random)};
	size_t align = (size_t)8 << random_below(&w->random, 10);

	switch (random_below(&w->random, 12)) {
	case 0:
		o.p = calloc(1, o.size);
		zero_check(o.p, o.size);
		break;
	case 1:
		o.p = calloc(o.size / 3 + 1, 3);
		o.size = (o.size / 3 + 1) * 3;
		zero_check(o.p, o.size);
		break;
	case 2: o.p = realloc(NULL, o.size); break;
	case 3: o.p = reallocarray(NULL, o.size, 1); break;
	case 4:
		o.align = align;
		o.p = aligned_alloc(align, o.size);
		break;
	case 5:
		o.align = align;
		must(posix_memalign(&o.p, align, o.size) == 0);
		break;
	case 6:
		o.align = align;
		o.p = memalign(align, o.size);
		break;
	default: o.p = malloc(o.size); break;
	}
	if (o.p == NULL)
		die("no memory for %zu bytes", o.size);
	return o;
}

static void object_settle(struct worker *w, struct object *o)
{
	size_t align = o->align != 0 ? o->align : natural_align(o->size);
	size_t usable = malloc_usable_size(o->p);

	if ((uintptr_t)o->p % align != 0)
		die("%p of %zu bytes is not aligned to %zu", o->p, o->size,
			align);
	if (usable < o->size)
		die("%p: usable size %zu of %zu", o->p, usable, o->size);
	o->filled = random_below(&w->random, 4) == 0 ? usable : o->size;
	o->id = ++w->next_id;
	object_fill(o->p, o->filled, o->id);
	w->live += o->size;
}

static void object_drop(struct worker *w, struct object *o)
{
	object_check(o->p, o->filled, o->filled, o->id);
	w->live -= o->size;
	size_t how = random_below(&w->random, 3);
	errno = 4711;
	if (how == 0 && o->align == 0 && free_sized != NULL)
		free_sized(o->p, o->size);
	else if (how == 1 && o->align != 0 && free_aligned_sized != NULL)
		free_aligned_sized(o->p, o->align, o->size);
	else
		free(o->p);
	must(errno == 4711);
	o->p = NULL;
}

static void object_resize(struct worker *w, struct object *o)
{
	size_t size = random_size(&w->random) + 1;

	/* One in two stays near, as a growing buffer does. */
	if (random_below(&w->random, 2) == 0)
		size = o->size + o->size / 2 + 1;
	if (size > (16 << 20))
		size = 1;
	object_check(o->p, o->filled, o->filled, o->id);
	void *p = random_below(&w->random, 2) == 0
			  ? realloc(o->p, size)
			  : reallocarray(o->p, 1, size);
	if (p == NULL)
		die("no memory to resize %zu to %zu", o->size, size);
	size_t kept = o->size < size ? o->size : size;
	object_check(p, o->filled, kept, o->id);
	w->live -= o->size;
	*o = (struct object){.p = p, .size = size};
	object_settle(w, o);
}

static void exchange_put(struct worker *w, struct object *o)
{
	struct slot *s = &exchange[random_below(&w->random, EXCHANGE_SLOTS)];
	int empty = EMPTY;

	if (!atomic_compare_exchange_strong(&s->state, &empty, BUSY))
		return;
	s->object = *o;
	w->live -= o->size;
	o->p = NULL;
	atomic_store(&s->state, FULL);
}

static void exchange_take(struct worker *w, struct object *o)
{
	struct slot *s = &exchange[random_below(&w->random, EXCHANGE_SLOTS)];
	int full = FULL;

	if (!atomic_compare_exchange_strong(&s->state, &full, BUSY))
		return;
	*o = s->object;
	w->live += o->size;
	atomic_store(&s->state, EMPTY);
	object_check(o->p, o->filled, o->filled, o->id);
}

static void worker_step(struct worker *w)
{
	struct object *o = &w->own[random_below(&w->random, OWN_SLOTS)];
	size_t choice = random_below(&w->random, 100);

	if (o->p == NULL) {
		if (choice < 30) {
			exchange_take(w, o);
		} else if (w->live < LIVE_MAX) {
			*o = object_new(w);
			object_settle(w, o);
		}
	} else if (choice < 55 || w->live >= LIVE_MAX) {
		object_drop(w, o);
	} else if (choice < 75) {
		object_resize(w, o);
	} else if (choice < 95) {
		exchange_put(w, o);
	} else {
		object_check(o->p, o->filled, o->filled, o->id);
	}
}

static void *worker_run(void *number)
{
	struct worker *w = calloc(1, sizeof(*w));
	unsigned long n = 0;

	must(w != NULL);
	w->random = thread_seed((int)(intptr_t)number);
	w->next_id = (uint64_t)(intptr_t)number << 48;
	while (n++ % 64 != 0 || !time_is_up())
		worker_step(w);
	for (int i = 0; i < OWN_SLOTS; i++)
		if (w->own[i].p != NULL)
			object_drop(w, &w->own[i]);
	atomic_fetch_add(&noperations, n);
	free(w);
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker *w;

	stress_start(argc, argv, "mix");
	threads_run(stress.nthreads, worker_run);
	w = calloc(1, sizeof(*w));
	must(w != NULL);
	w->random = thread_seed(-1);
	for (int i = 0; i < EXCHANGE_SLOTS; i++)
		if (exchange[i].state == FULL) {
			w->live += exchange[i].object.size;
			object_drop(w, &exchange[i].object);
		}
	must(w->live == 0);
	free(w);
	printf("%lu operations\n", atomic_load(&noperations));
	return 0;
}
