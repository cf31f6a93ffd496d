/*
 * buckets: two hash tables with chains, stacks and buckets, that only grow.
 *
 * The peak costs nothing while the heap grows: a new peak only counts `peak`
 * up.  Its values are each bucket's present ones until the bucket changes for
 * the first time after; bucket_before_change saves them then.
 *
 * Invariants: live_bytes is the sum over all buckets of (nallocs - nfrees)
 *             times their live_bytes, and at most peak_bytes.
 *             peak_allocs and peak_frees count for the current peak only if
 *             the bucket's number is the current one.
 * Locking:    prof.
 */
#include "prof/buckets.h"

#include <string.h>

#include "core/atomics.h"
#include "prof/profmem.h"
#include "prof/sampler.h"

enum { FIRST_HEADS = 1 << 10 /* chains of a new table */ };

/* Chains of one hash table; both kinds of element begin with next. */
struct chains {
	void **heads;  /* nheads of them, a power of two */
	size_t nheads; /* 0 at first */
	size_t n;      /* elements in all */
};

struct buckets buckets;

static struct chains stacks_by_hash, buckets_by_key;

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static uint64_t key_hash(const struct bucket_key *k)
{
	return mix(mix(mix(k->stack->hash, k->size), k->weight_size), k->rate);
}

static uint64_t stack_hash_of(const void *stack)
{
	return ((const struct call_stack *)stack)->hash;
}

static uint64_t bucket_hash_of(const void *bucket)
{
	return key_hash(&((const struct bucket *)bucket)->key);
}

static void **chain_of(const struct chains *c, uint64_t hash)
{
	return &c->heads[hash & (c->nheads - 1)];
}

static void chain_push(const struct chains *c, void *element, uint64_t hash)
{
	void **head = chain_of(c, hash);

	*(void **)element = *head;
	*head = element;
}

/* Room for one more; false: there is no table at all. */
static bool chains_make_room(
	struct chains *c, uint64_t (*hash_of)(const void *element))
{
	if (c->n < c->nheads)
		return true;
	struct chains wider = {.n = c->n};
	wider.nheads = c->nheads > 0 ? c->nheads * 4 : FIRST_HEADS;
	wider.heads = profmem_map(wider.nheads * sizeof(void *));
	if (wider.heads == NULL)
		return c->nheads > 0; /* chains get longer */
	for (size_t i = 0; i < c->nheads; i++) {
		for (void *e = c->heads[i], *next; e != NULL; e = next) {
			next = *(void **)e;
			chain_push(&wider, e, hash_of(e));
		}
	}
	profmem_unmap(c->heads, c->nheads * sizeof(void *));
	*c = wider;
	return true;
}

static const struct call_stack *stack_find(const struct stack *stack)
{
	size_t size = stack->npcs * sizeof stack->pcs[0];
	uint64_t hash = stack->npcs;

	for (uint32_t i = 0; i < stack->npcs; i++)
		hash = mix(hash, stack->pcs[i]);
	if (!chains_make_room(&stacks_by_hash, stack_hash_of))
		return NULL;
	struct call_stack *s = *chain_of(&stacks_by_hash, hash);
	for (; s != NULL; s = s->next)
		if (s->hash == hash && s->npcs == stack->npcs &&
			memcmp(s->pcs, stack->pcs, size) == 0)
			return s;
	s = profmem_take(sizeof *s + size);
	if (s == NULL)
		return NULL;
	s->hash = hash;
	s->npcs = stack->npcs;
	memcpy(s->pcs, stack->pcs, size);
	chain_push(&stacks_by_hash, s, hash);
	stacks_by_hash.n++;
	return s;
}

static bool key_equal(const struct bucket_key *a, const struct bucket_key *b)
{
	return a->stack == b->stack && a->size == b->size &&
	       a->weight_size == b->weight_size && a->rate == b->rate;
}

static struct bucket *bucket_new(const struct bucket_key *key)
{
	struct bucket *b = profmem_take(sizeof *b);

	if (b == NULL)
		return NULL;
	b->key = *key;
	b->probability = sampler_probability(key->weight_size, key->rate);
	b->live_bytes = sampler_weigh(key->size, b->probability);
	b->older = buckets.newest;
	buckets.newest = b;
	buckets.n++;
	chain_push(&buckets_by_key, b, key_hash(key));
	buckets_by_key.n++;
	return b;
}

struct bucket *bucket_find(const struct stack *stack, size_t size,
	size_t weight_size, uint32_t rate)
{
	struct bucket_key key = {NULL, size, weight_size, rate};

	key.stack = stack_find(stack);
	if (key.stack == NULL ||
		!chains_make_room(&buckets_by_key, bucket_hash_of))
		return NULL;
	struct bucket *b = *chain_of(&buckets_by_key, key_hash(&key));
	while (b != NULL && !key_equal(&b->key, &key))
		b = b->next;
	return b != NULL ? b : bucket_new(&key);
}

static void bucket_before_change(struct bucket *b)
{
	if (b->peak == buckets.peak)
		return;
	b->peak = buckets.peak;
	b->peak_allocs = b->nallocs;
	b->peak_frees = b->nfrees;
}

void bucket_count_alloc(struct bucket *b)
{
	bucket_before_change(b);
	b->nallocs++;
	buckets.live_bytes += b->live_bytes;
	if (buckets.live_bytes > buckets.peak_bytes) {
		store_relaxed(&buckets.peak_bytes, buckets.live_bytes);
		buckets.peak++;
	}
}

void bucket_count_free(struct bucket *b)
{
	bucket_before_change(b);
	b->nfrees++;
	buckets.live_bytes -= b->live_bytes;
}

void bucket_at_peak(const struct bucket *b, uint64_t *nallocs, uint64_t *nfrees)
{
	bool saved = b->peak == buckets.peak;

	*nallocs = saved ? b->peak_allocs : b->nallocs;
	*nfrees = saved ? b->peak_frees : b->nfrees;
}
