/*
 * handoff: one thread allocates, the other frees (producer and consumer).
 *
 *   thread 0: malloc, write --> ring of 4096 pointers --> thread 1: read, free
 *
 * Both threads do the same number of operations, so the ring is empty again
 * at the end of each run.  Each side publishes its position once per 64
 * blocks: the ring's own cost is then a small part of what is measured.
 *
 * Waiting: a few hundred spins, then sched_yield, as a core may be shared.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../bench.h"
#include "micro.h"

enum {
	RING_SIZE = 4096,
	RING_CHUNK = 64, /* blocks published at a time; divides RING_SIZE */
	RING_NSPINS = 200,
	CACHE_LINE = 64,
};

static struct {
	/* Written by the producer alone. */
	_Alignas(CACHE_LINE) _Atomic size_t nput;

	/* Written by the consumer alone. */
	_Alignas(CACHE_LINE) _Atomic size_t ntaken;

	/* A slot belongs to the producer when nput - ntaken says so. */
	_Alignas(CACHE_LINE) char *slots[RING_SIZE];
} ring;

static void handoff_pause(int nspins)
{
	if (nspins > RING_NSPINS)
		sched_yield();
}

static void handoff_put_chunk(size_t *next)
{
	const size_t nput =
		atomic_load_explicit(&ring.nput, memory_order_relaxed);
	int nspins = 0;

	/* pairs: the store in handoff_take_chunk */
	while (nput + RING_CHUNK -
			atomic_load_explicit(
				&ring.ntaken, memory_order_acquire) >
		RING_SIZE)
		handoff_pause(nspins++);
	for (size_t i = 0; i < RING_CHUNK; i++) {
		char *p = malloc(micro_size((*next)++));

		*p = 1;
		ring.slots[(nput + i) % RING_SIZE] = p;
	}
	/* pairs: the load in handoff_take_chunk */
	atomic_store_explicit(
		&ring.nput, nput + RING_CHUNK, memory_order_release);
}

static void handoff_take_chunk(void)
{
	const size_t ntaken =
		atomic_load_explicit(&ring.ntaken, memory_order_relaxed);
	int nspins = 0;

	/* pairs: the store in handoff_put_chunk */
	while (atomic_load_explicit(&ring.nput, memory_order_acquire) == ntaken)
		handoff_pause(nspins++);
	for (size_t i = 0; i < RING_CHUNK; i++) {
		char *p = ring.slots[(ntaken + i) % RING_SIZE];

		bench_keep(p);
		free(p);
	}
	/* pairs: the load in handoff_put_chunk */
	atomic_store_explicit(
		&ring.ntaken, ntaken + RING_CHUNK, memory_order_release);
}

static void handoff_run(struct bench_state *state, long unused)
{
	const bool is_producer = bench_thread_index(state) == 0;
	size_t next = 0;

	(void)unused;
	while (bench_batch(state, RING_CHUNK)) {
		if (is_producer)
			handoff_put_chunk(&next);
		else
			handoff_take_chunk();
	}
}

void handoff_register(void)
{
	bench_add("handoff", handoff_run, 0, 2);
}
