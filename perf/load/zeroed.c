/*
 * zeroed: calloc of fresh and of reused memory.
 *
 *	zeroed fresh|reused [scale]
 *
 * fresh: tables that are allocated, touched in a few places, kept, and freed
 * all together; memory that comes straight from the kernel is zero and need not
 *be cleared (nor be touched, which shows as RSS). reused: blocks of 16 bytes to
 *64 KiB come and go, each written in full before it is freed, so that there is
 *something to clear.
 */
#include <string.h>

#include "load.h"

enum {
	FRESH_NROUNDS = 15,
	FRESH_NTABLES = 1000,
	FRESH_MAX = 1 << 20,
	FRESH_TOUCH = 32 << 10, /* every so many bytes one is written */
	REUSED_NOPS = 10 * 1000 * 1000,
	REUSED_NPLACES = 256,
};

static uint64_t zeroed_read(const unsigned char *p, size_t size)
{
	if (p[0] != 0 || p[size / 2] != 0 || p[size - 1] != 0)
		load_die("calloc returned memory that is not zero");
	return size;
}

static uint64_t zeroed_run_fresh_round(struct draw *d)
{
	static void *tables[FRESH_NTABLES];
	uint64_t sum = 0;

	for (size_t n = 0; n < FRESH_NTABLES; n++) {
		const size_t size = draw_range(d, 4096, FRESH_MAX);
		unsigned char *p = load_check(calloc(1, size));

		sum += zeroed_read(p, size);
		for (size_t i = 0; i < size; i += FRESH_TOUCH)
			p[i] = 1;
		tables[n] = p;
	}
	for (size_t n = 0; n < FRESH_NTABLES; n++)
		free(tables[n]);
	return sum;
}

static uint64_t zeroed_run_fresh(size_t nrounds)
{
	struct draw d = {9};
	uint64_t sum = 0;

	for (size_t n = 0; n < nrounds; n++)
		sum += zeroed_run_fresh_round(&d);
	return sum;
}

/* Sizes that are small most of the time: 16 bytes shifted by 0 to 12. */
static size_t zeroed_draw_size(struct draw *d)
{
	const int shift = __builtin_ctzll(draw_bits(d) | 1ull << 12);

	return draw_range(d, 16, 31) << shift;
}

static uint64_t zeroed_run_reused(size_t nops)
{
	unsigned char *places[REUSED_NPLACES] = {NULL};
	struct draw d = {10};
	uint64_t sum = 0;

	for (size_t n = 0; n < nops; n++) {
		unsigned char **place = &places[draw_below(&d, REUSED_NPLACES)];
		const size_t size = zeroed_draw_size(&d);

		free(*place);
		*place = load_check(calloc(1, size));
		sum += zeroed_read(*place, size);
		memset(*place, 0xff, size);
	}
	for (int i = 0; i < REUSED_NPLACES; i++)
		free(places[i]);
	return sum;
}

int main(int argc, char **argv)
{
	const double scale = load_scale(argc, argv, 2);

	if (argc > 1 && strcmp(argv[1], "fresh") == 0)
		return load_finish(
			zeroed_run_fresh(load_count(scale, FRESH_NROUNDS)));
	if (argc > 1 && strcmp(argv[1], "reused") == 0)
		return load_finish(
			zeroed_run_reused(load_count(scale, REUSED_NOPS)));
	load_die("usage: zeroed fresh|reused [scale]");
}
