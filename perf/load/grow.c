/*
 * grow: realloc from a few bytes to 100 MB.
 *
 *	grow [scale]
 *
 * A buffer that is doubled, one that grows by a tenth, and one read in pieces
 * of 64 KiB, each to 100 MB, with small blocks allocated in between so that
 * the buffer's neighbourhood is taken; then many short strings that grow byte
 * by byte.  Growing by copying costs time, and the old and the new copy at
 * once cost peak RSS: 100 MB is the least there is.
 */
#include <string.h>

#include "load.h"

enum {
	GROW_LIMIT = 100 * 1000 * 1000,
	GROW_PIECE = 64 << 10,
	GROW_NROUNDS = 5,
	GROW_NSTRINGS = 60 * 1000, /* per round */
	GROW_STRING = 400,         /* bytes at the end */
	GROW_NBETWEEN = 64, /* small blocks that lie in the way, a ring */
};

static struct {
	struct block *between[GROW_NBETWEEN];
	size_t nbetween; /* ever made */
	struct draw d;
	uint64_t sum;
} grow;

static void grow_put_in_the_way(void)
{
	struct block **place = &grow.between[grow.nbetween++ % GROW_NBETWEEN];

	if (*place != NULL)
		grow.sum += block_free(*place);
	*place = block_draw(&grow.d);
}

/* Grows one buffer; each step adds old / divisor + piece bytes. */
static void grow_one(size_t limit, size_t divisor, size_t piece)
{
	size_t size = 16;
	char *p = load_check(malloc(size));

	memset(p, 1, size);
	while (size < limit) {
		const size_t more = size / divisor + piece;

		p = load_check(realloc(p, size + more));
		memset(p + size, (int)(size >> 4), more);
		size += more;
		grow_put_in_the_way();
	}
	for (size_t i = 0; i < size; i += BLOCK_TOUCH)
		grow.sum += (unsigned char)p[i];
	free(p);
}

static void grow_string(void)
{
	char *p = NULL;

	for (size_t n = 1; n <= GROW_STRING; n += 7) {
		p = load_check(realloc(p, n));
		p[n - 1] = (char)n;
	}
	grow.sum += (unsigned char)p[0];
	free(p);
}

int main(int argc, char **argv)
{
	const double scale = load_scale(argc, argv, 1);
	const size_t limit = load_count(scale < 1 ? scale : 1, GROW_LIMIT);
	const size_t nrounds = load_count(scale, GROW_NROUNDS);

	grow.d.state = 7;
	for (size_t n = 0; n < nrounds; n++) {
		grow_one(limit, 1, 0);
		grow_one(limit, 10, 16);
		grow_one(limit, limit, GROW_PIECE);
		for (size_t i = 0; i < GROW_NSTRINGS; i++)
			grow_string();
	}
	for (size_t i = 0; i < GROW_NBETWEEN; i++)
		if (grow.between[i] != NULL)
			grow.sum += block_free(grow.between[i]);
	return load_finish(grow.sum);
}
