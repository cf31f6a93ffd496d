/*
 * sizeclass_gen: decides the size classes and writes sizeclass_table.h.
 *
 * Built and run on the build machine; the table goes to standard output.
 *
 * The waste policy has three parts.
 *
 *   Rounding.  Candidates grow in steps of an eighth of the power of two
 *   below them (16 bytes at least, 256 at most), so rounding a request up
 *   wastes about an eighth.  Go's 24-byte class is left out: every size above
 *   8 is a multiple of 16, which is the alignment malloc promises.
 *
 *   Tail.  A class's first span is the fewest pages whose unused end is at
 *   most an eighth of the span.  Neighbours with the same pages and the same
 *   number of objects become one class, and each class then takes the largest
 *   multiple of 128 that still gives this number.
 *
 *   Length.  A class that is busy earns longer spans: about 64 KiB, because
 *   the trip to the shared lists is paid per span and one header then covers
 *   more objects.  The long span has a relative tail no worse than the first
 *   one, at most 1024 objects (a fixed bitmap), and at least 8 objects where
 *   128 KiB can hold so many.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/sizeclass.h"

enum {
	CLASSES_MAX = 256,     /* room while generating; class is a uint8_t */
	BIG_PAGES = 8,         /* 64 KiB: what a busy class should earn */
	BIG_NELEMS_MIN = 8,    /* wanted in a long span */
	TAIL_DIVISOR = 8,      /* a first span's tail is at most 1/8 */
	ENLARGE_STEP = 128,    /* sizes are enlarged to multiples of this */
	COARSE_STEP_AT = 2048, /* from here on sizes grow by COARSE_STEP */
	COARSE_STEP = 256,
	TABLE_COLUMNS = 16, /* numbers per line of a lookup table */
};

static struct size_class classes[CLASSES_MAX];
static unsigned nclasses = 1; /* class 0 is large */

static uint32_t gen_span_size(uint32_t npages)
{
	return npages * GO_PAGE_SIZE;
}

static uint32_t gen_nelems(uint32_t size, uint32_t npages)
{
	return gen_span_size(npages) / size;
}

static uint32_t gen_tail(uint32_t size, uint32_t npages)
{
	return gen_span_size(npages) % size;
}

/* The distance from `size` to the next candidate. */
static uint32_t gen_step(uint32_t size, uint32_t step)
{
	if (!is_pow2(size))
		return step;
	if (size >= COARSE_STEP_AT)
		return COARSE_STEP;
	if (size >= 128)
		return size / 8;
	return size >= 16 ? 16 : 8;
}

static uint32_t gen_first_pages(uint32_t size)
{
	uint32_t npages = 1;

	while (gen_tail(size, npages) > gen_span_size(npages) / TAIL_DIVISOR)
		npages++;
	return npages;
}

/* Adds a candidate, or lets the class before it grow up to it. */
static void gen_add(uint32_t size)
{
	struct size_class *last = &classes[nclasses - 1];
	const uint32_t npages = gen_first_pages(size);

	if (nclasses > 1 && npages == last->npages_first &&
		gen_nelems(size, npages) == gen_nelems(last->size, npages)) {
		last->size = size;
		return;
	}
	classes[nclasses].size = size;
	classes[nclasses].npages_first = (uint8_t)npages;
	nclasses++;
}

static void gen_enlarge(struct size_class *sc)
{
	const uint32_t span = gen_span_size(sc->npages_first);
	uint32_t size = span / (span / sc->size);

	size -= size % ENLARGE_STEP;
	if (size > sc->size)
		sc->size = size;
}

/* Whether a span of npages wastes no more, relatively, than the first one. */
static bool gen_tail_is_fine(const struct size_class *sc, uint32_t npages)
{
	return gen_tail(sc->size, npages) * sc->npages_first <=
	       gen_tail(sc->size, sc->npages_first) * npages;
}

/*
 * Whether b pages make a better long span than a pages, a < b: as long as
 * 64 KiB or 8 objects are not reached, more is better.
 */
static bool gen_is_better(uint32_t size, uint32_t a, uint32_t b)
{
	const uint32_t nelems_a = gen_nelems(size, a);
	const uint32_t nelems_b = gen_nelems(size, b);

	return a < BIG_PAGES ||
	       (nelems_a < BIG_NELEMS_MIN && nelems_b > nelems_a);
}

static uint32_t gen_big_pages(const struct size_class *sc)
{
	uint32_t best = sc->npages_first;

	for (uint32_t n = best + 1; n <= MAX_SPAN_PAGES; n++) {
		if (gen_nelems(sc->size, n) > MAX_NELEMS)
			break;
		if (gen_tail_is_fine(sc, n) && gen_is_better(sc->size, best, n))
			best = n;
	}
	return best;
}

static void gen_finish(struct size_class *sc)
{
	gen_enlarge(sc);
	sc->npages_big = (uint8_t)gen_big_pages(sc);
	sc->nelems_first = (uint16_t)gen_nelems(sc->size, sc->npages_first);
	sc->nelems_big = (uint16_t)gen_nelems(sc->size, sc->npages_big);
	sc->magic = UINT64_MAX / sc->size + 1;
}

static void gen_all(void)
{
	uint32_t step = 8;

	classes[0] = (struct size_class){
		.magic = 1, .nelems_first = 1, .nelems_big = 1};
	for (uint32_t size = 8; size <= SMALL_MAX; size += step) {
		gen_add(size);
		step = gen_step(size, step);
	}
	for (unsigned i = 1; i < nclasses; i++)
		gen_finish(&classes[i]);
}

/* The most that one object's rounding and its share of the tail can waste. */
static double gen_worst_waste(unsigned i)
{
	const struct size_class *sc = &classes[i];
	const double span = gen_span_size(sc->npages_first);
	const double least = classes[i - 1].size + 1;

	return 100 * (span - least * sc->nelems_first) / span;
}

static void gen_print_comment(void)
{
	printf("/*\n * Written by sizeclass_gen.c, which says why; do not edit."
	       "\n *\n"
	       " *             first span               long span\n"
	       " * class  size  bytes objects tail max%%  bytes objects tail"
	       "\n");
	for (unsigned i = 1; i < nclasses; i++) {
		const struct size_class *sc = &classes[i];
		printf(" * %5u %5u %6u %7u %4u %4.1f %6u %7u %4u\n", i,
			sc->size, gen_span_size(sc->npages_first),
			sc->nelems_first, gen_tail(sc->size, sc->npages_first),
			gen_worst_waste(i), gen_span_size(sc->npages_big),
			sc->nelems_big, gen_tail(sc->size, sc->npages_big));
	}
	printf(" *\n * max%%: rounding and tail of a first span filled with the"
	       "\n * smallest requests that the class serves.\n */\n");
}

static void gen_print_classes(void)
{
	printf("const struct size_class sizeclass_table[] = {\n");
	for (unsigned i = 0; i < nclasses; i++) {
		const struct size_class *sc = &classes[i];
		printf("\t{UINT64_C(0x%016llx), %u, %u, %u, %u, %u}, /* %u "
		       "*/\n",
			(unsigned long long)sc->magic, sc->size,
			sc->npages_first, sc->npages_big, sc->nelems_first,
			sc->nelems_big, i);
	}
	printf("};\n");
}

/* One lookup table: the class of from, from + step, ... SMALL_MAX or `to`. */
static void gen_print_lookup(
	const char *name, uint32_t from, uint32_t to, uint32_t step)
{
	unsigned found = 1;
	unsigned column = 0;

	printf("\nconst uint8_t %s[] = {", name);
	for (uint32_t size = from; size <= to; size += step) {
		while (classes[found].size < size)
			found++;
		printf("%s%u,", column % TABLE_COLUMNS ? " " : "\n\t", found);
		column++;
	}
	printf("\n};\n");
}

int main(void)
{
	gen_all();
	gen_print_comment();
	gen_print_classes();
	gen_print_lookup("size_to_class8", 0, SIZE8_MAX, 8);
	gen_print_lookup("size_to_class128", SIZE8_MAX, SMALL_MAX, 128);
	return ferror(stdout) || fclose(stdout) != 0;
}
