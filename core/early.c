/*
 * early: a static area, then mapped ones, each filled from the front.
 *
 *   | header | object ... | header | object ... |   used   |   free   |
 *
 * An object's header stands right before it and holds its size, with a check
 * value that a pointer from elsewhere is unlikely to have before it; freeing
 * changes the check value.  Areas are never given back.
 *
 * Invariants: areas[0..nareas) never change once published; used only grows.
 * Locking:    none: space is claimed by one atomic addition.
 */
#include "core/early.h"

#include "core/atomics.h"
#include "core/bits.h"
#include "core/os.h"

enum {
	STATIC_SIZE = 64 << 10, /* untouched until used */
	AREA_SIZE = 1 << 20,
	AREAS_MAX = 1024,
	HEADER_ALIGN = 16,
};

#define EARLY_LIVE UINT64_C(0x60a110c4ea21e571) /* no address, no text */
#define EARLY_FREE UINT64_C(0x60a110c4ea21dead)

/* Stands before every object. */
struct early_header {
	uint64_t size;  /* bytes asked for */
	uint64_t state; /* EARLY_LIVE or EARLY_FREE */
};

/* One stretch of memory, filled from the front. */
struct early_area {
	uintptr_t base; /* first byte; 0 until published */
	size_t size;    /* bytes; fixed before base is published */
	size_t used;    /* bytes claimed; runs past size in a race */
};

static char static_area[STATIC_SIZE] ALIGNED(HEADER_ALIGN);
static struct early_area areas[AREAS_MAX] = {
	{(uintptr_t)static_area, STATIC_SIZE, 0},
};
static uint32_t nareas = 1; /* slots claimed; a slot may not be published */

static void *area_alloc(struct early_area *a, size_t size, size_t align)
{
	size_t need = size + sizeof(struct early_header) + align;

	/* What cannot fit claims nothing: used must not wrap around. */
	if (need > a->size || load_relaxed(&a->used) > a->size - need)
		return NULL;
	size_t start = fetch_add_relaxed(&a->used, align_up(need, align));
	if (start > a->size - need)
		return NULL;
	uintptr_t p =
		align_up(a->base + start + sizeof(struct early_header), align);
	struct early_header *h = (struct early_header *)p - 1;
	h->size = size;
	store_relaxed(&h->state, EARLY_LIVE);
	return (void *)p;
}

static struct early_area *area_new(size_t size)
{
	void *mem = os_map(size);

	if (mem == NULL)
		return NULL; /* and no slot is lost */
	uint32_t i = fetch_add_relaxed(&nareas, 1);
	if (i >= AREAS_MAX) {
		fetch_sub_relaxed(&nareas, 1);
		os_unmap(mem, size);
		return NULL;
	}
	areas[i].size = size;
	/* pairs: area_of, early_alloc */
	store_release(&areas[i].base, (uintptr_t)mem);
	return &areas[i];
}

static uint32_t areas_count(void)
{
	uint32_t n = load_relaxed(&nareas);

	return n < AREAS_MAX ? n : AREAS_MAX;
}

void *early_alloc(size_t size, size_t align)
{
	if (align < HEADER_ALIGN)
		align = HEADER_ALIGN;
	if (size > PTRDIFF_MAX - align || align > PTRDIFF_MAX / 4)
		return NULL;
	size_t need = size + 2 * align + sizeof(struct early_header);

	for (uint32_t i = 0; i < areas_count(); i++) {
		if (load_acquire(&areas[i].base) == 0) /* pairs: area_new */
			continue;
		void *p = area_alloc(&areas[i], size, align);
		if (p != NULL)
			return p;
	}
	struct early_area *a = area_new(
		need > AREA_SIZE ? align_up(need, os_page_size) : AREA_SIZE);
	return a != NULL ? area_alloc(a, size, align) : NULL;
}

static const struct early_area *area_of(uintptr_t p)
{
	for (uint32_t i = 0; i < areas_count(); i++) {
		/* pairs: area_new */
		uintptr_t base = load_acquire(&areas[i].base);
		if (base != 0 && p - base < areas[i].size)
			return &areas[i];
	}
	return NULL;
}

bool early_owns(uintptr_t p)
{
	return area_of(p) != NULL;
}

static struct early_header *header_of(uintptr_t p)
{
	const struct early_area *a = area_of(p);

	if (a == NULL || p % HEADER_ALIGN != 0 ||
		p - a->base < sizeof(struct early_header))
		return NULL;
	return (struct early_header *)p - 1;
}

size_t early_size(uintptr_t p)
{
	const struct early_header *h = header_of(p);

	if (h == NULL || load_relaxed(&h->state) != EARLY_LIVE)
		return 0;
	return h->size > 0 ? h->size : 1;
}

bool early_free(uintptr_t p)
{
	struct early_header *h = header_of(p);
	uint64_t live = EARLY_LIVE;

	return h != NULL && try_cas_acqrel(&h->state, &live, EARLY_FREE);
}

void early_static(uintptr_t *lo, uintptr_t *hi)
{
	size_t used = load_relaxed(&areas[0].used);

	*lo = areas[0].base;
	*hi = areas[0].base + (used < areas[0].size ? used : areas[0].size);
}

size_t early_bytes(void)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < areas_count(); i++) {
		size_t used = load_relaxed(&areas[i].used);
		bytes += used < areas[i].size ? used : areas[i].size;
	}
	return bytes;
}
