/*
 * load: what the load programs share.
 *
 * A load does a fixed amount of work, so that its run time is the measure.
 * Its last argument, a factor that defaults to 1, scales the work.  It prints
 * one line, a checksum of what it read back from its blocks: the same under
 * every allocator and with every interleaving of its threads, or something
 * is broken.
 *
 * A block (struct block) starts with a word that says its size and its tag,
 * and ends with a copy of the tag.  block_free() reads both, so each block is
 * touched when it dies, as objects of real programs are, and a block that was
 * handed out twice does not go unnoticed.
 */
#ifndef PERF_LOAD_H
#define PERF_LOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../draw.h"

enum {
	BLOCK_MIN = 16,     /* the head, and room for the copy of the tag */
	BLOCK_TOUCH = 4096, /* one byte is written in every such stretch */
	LOAD_MAX_THREADS = 64,
};

struct block {
	uint32_t size; /* bytes, this head included */
	uint32_t tag;  /* drawn; also in the block's last four bytes */
};

/* Reads argv[index] as the scale; 1 when it is not there. */
double load_scale(int argc, char **argv, int index);

/* count scaled, and never 0. */
size_t load_count(double scale, size_t count);

/* Prints the checksum; returns main's exit status. */
int load_finish(uint64_t checksum);

/* Ends the program with a line on stderr and a failure. */
_Noreturn void load_die(const char *what);

/* The block's copy of its tag is gone: somebody else wrote there. */
_Noreturn void load_die_corrupt(const struct block *b);

/* Runs body(arg of thread i) in nthreads threads and waits for all. */
void load_run_threads(
	int nthreads, void *(*body)(void *), void *args, size_t arg_size);

/* Returns p, which must not be NULL. */
static inline void *load_check(void *p)
{
	if (p == NULL)
		load_die("out of memory");
	return p;
}

static inline char *block_tail(struct block *b)
{
	return (char *)b + b->size - sizeof(b->tag);
}

/* Makes size bytes at p a block and touches every page of it. */
static inline struct block *block_init(void *p, size_t size, uint32_t tag)
{
	struct block *b = load_check(p);

	for (size_t i = BLOCK_TOUCH; i < size; i += BLOCK_TOUCH)
		((char *)p)[i] = 1;
	b->size = (uint32_t)size;
	b->tag = tag;
	__builtin_memcpy(block_tail(b), &tag, sizeof(tag));
	return b;
}

static inline struct block *block_new(size_t size, uint32_t tag)
{
	return block_init(malloc(size), size, tag);
}

/* The block's part of the checksum; dies if the block was overwritten. */
static inline uint64_t block_sum(struct block *b)
{
	uint32_t copy;

	__builtin_memcpy(&copy, block_tail(b), sizeof(copy));
	if (copy != b->tag)
		load_die_corrupt(b);
	return (uint64_t)b->tag + b->size;
}

/* Frees the block and returns its part of the checksum. */
static inline uint64_t block_free(struct block *b)
{
	const uint64_t sum = block_sum(b);

	free(b);
	return sum;
}

/* A block of drawn size (16-2048 bytes, mostly small) and tag. */
static inline struct block *block_draw(struct draw *d)
{
	const size_t size = draw_small_size(d);

	return block_new(size, (uint32_t)draw_bits(d));
}

#endif
