/*
 * liar: a program with a stats page that is not to be believed.
 *
 * The page leads to a heap map, spans and an mcache of random bytes, by a
 * layout that is good, or random in a few fields.  Each byte of input changes
 * all of it; "ready" is said each time.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "core/statspage.h"

enum { NSPANS = 64, SPAN = 2048, NPAGES = 256, MCACHE = 32768 };

static struct {
	uint64_t base;
	uint64_t size;
	uint64_t spans;
} heapmap;
static struct {
	uint64_t all;
	uint64_t ninuse;
} mcaches;
static char mcache[MCACHE], classes[256 * 24], spans[NSPANS][SPAN];
static uint64_t map[NPAGES];
static uint64_t state = 1;

static struct statspage page __attribute__((aligned(STATSPAGE_ALIGN))) = {
	.magic = STATSPAGE_MAGIC,
	.version = STATSPAGE_VERSION,
	.bytes = sizeof page,
	.self = (uintptr_t)&page,
	.library = "\033[2J\"9\n",
};

static uint64_t draw(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state >> 20;
}

static const struct statspage_layout good = {
	.heapmap = (uintptr_t)&heapmap,
	.mcaches = (uintptr_t)&mcaches,
	.classes = (uintptr_t)classes,
	.page_shift = 13,
	.nclasses = 67,
	.class_stride = 24,
	.class_size = 8,
	.heapmap_size = 8,
	.heapmap_spans = 16,
	.mcaches_ninuse = 8,
	.mcache_bytes = MCACHE,
	.mcache_next = 8,
	.mcache_classes = 16,
	.mcache_stride = 200,
	.mcache_nmalloc = 192,
	.mcache_slots = 14000,
	.slot_stride = 64,
	.slot_nalloc = 8,
	.slot_out = 16,
	.slot_rows = 24,
	.slot_size = 32,
	.round_bytes = 16,
	.mspan_header = 128,
	.mspan_base = 64,
	.mspan_npages = 40,
	.mspan_nelems = 110,
	.mspan_class = 112,
	.mspan_nlines = 49,
	.mspan_nwords = 50,
	.mspan_remote = 51,
	.mspan_purged = 56,
	.mspan_cached = 88,
	.mspan_states = 128,
	.remote_bits = 8,
};

static void fill(void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((unsigned char *)to)[i] = (unsigned char)draw();
}

static void lie(void)
{
	uint32_t *fields = (uint32_t *)&page.layout.page_shift;
	size_t n = sizeof page.layout / 4 - 6;

	page.layout = good;
	for (uint64_t i = draw() % 4; i > 0; i--)
		fields[draw() % n] = (uint32_t)draw() >> draw() % 32;
	fill(spans, sizeof spans);
	fill(mcache, sizeof mcache);
	fill(classes, sizeof classes);
	fill(&page.heap, sizeof page.heap);
	fill(&page.gc, sizeof page.gc);
	page.heap_seq = draw() % 3;
	for (size_t i = 0; i < NPAGES; i++)
		map[i] = draw() % 8 == 0 ? draw()
					 : (uintptr_t)spans[draw() % NSPANS];
	memcpy(mcache + good.mcache_next, &mcaches.all, 8);
	for (size_t i = 0; i < NSPANS; i += 2) /* these look right */
		spans[i][49] = 20, spans[i][50] = 16, spans[i][51] = 18;
}

int main(void)
{
	char c;

	heapmap.size = NPAGES << 13;
	heapmap.spans = (uintptr_t)map;
	mcaches.all = draw() % 2 == 0 ? 0 : (uintptr_t)mcache;
	do {
		lie();
		if (write(1, "ready\n", 6) != 6)
			return 1;
	} while (read(0, &c, 1) > 0);
	return 0;
}
