/*
 * statspage: the writer's side.
 *
 * heap is rewritten by whoever is about to give mheap's lock back after a
 * change: some twenty stores once per span, none per object.  gc is rewritten
 * when the collector says so.
 *
 * Invariants: a sequence number is odd exactly while its fields are written.
 * Locking:    heap: mheap.  gc: its caller.  Readers are other processes and
 *             take nothing.
 * Context:    busy threads, the helper.
 * Assumes:    a store-release of every field keeps it behind the store that
 *             made the number odd and before the one that makes it even, for
 *             a reader that asks the kernel three times.
 */
#include "core/statspage.h"

#include "config.h"
#include "core/atomics.h"
#include "core/fixalloc.h"
#include "core/heapmap.h"
#include "core/lock.h"
#include "core/mcache.h"
#include "core/mheap.h"
#include "core/sizeclass.h"

static_assert(sizeof(STATSPAGE_MAGIC) == 16, "fills its field");
static_assert(sizeof(struct statspage_heap) % 8 == 0, "words");
static_assert(sizeof(struct statspage_gc) % 8 == 0, "words");

struct statspage statspage ALIGNED(STATSPAGE_ALIGN) = {
	.magic = STATSPAGE_MAGIC,
	.version = STATSPAGE_VERSION,
	.bytes = sizeof statspage,
	.self = (uintptr_t)&statspage,
	.library = PACKAGE_VERSION,
	.layout =
		{
			.heapmap = (uintptr_t)&heapmap,
			.mcaches = (uintptr_t)&mcaches,
			.classes = (uintptr_t)sizeclass_table,
			.page_shift = GO_PAGE_SHIFT,
			.nclasses = NCLASSES,
			.class_stride = sizeof(struct size_class),
			.class_size = offsetof(struct size_class, size),
			.heapmap_base = offsetof(struct heapmap, base),
			.heapmap_size = offsetof(struct heapmap, size),
			.heapmap_spans = offsetof(struct heapmap, spans),
			.mcaches_all = offsetof(struct mcache_registry, all),
			.mcaches_ninuse = offsetof(
				struct mcache_registry, ninuse),
			.mcache_bytes = sizeof(struct mcache),
			.mcache_next = offsetof(struct mcache, next),
			.mcache_classes = offsetof(struct mcache, classes),
			.mcache_stride = sizeof(struct mcache_class),
			.mcache_nmalloc = offsetof(
				struct mcache_class, nmalloc),
			.mcache_slots = offsetof(struct mcache, slots),
			.slot_stride = sizeof(struct mcache_slot),
			.slot_nalloc = offsetof(
				struct mcache_slot, magazines.brought),
			.slot_out = offsetof(struct mcache_slot, magazines.out),
			.slot_rows = offsetof(
				struct mcache_slot, magazines.rows),
			.slot_size = offsetof(
				struct mcache_slot, magazines.size),
			.round_bytes = sizeof(struct magazine_round),
			.mspan_header = offsetof(struct mspan, states),
			.mspan_base = offsetof(struct mspan, base),
			.mspan_npages = offsetof(struct mspan, npages),
			.mspan_nelems = offsetof(struct mspan, nelems),
			.mspan_class = offsetof(struct mspan, class),
			.mspan_nlines = offsetof(struct mspan, nlines),
			.mspan_nwords = offsetof(struct mspan, nwords),
			.mspan_remote = offsetof(struct mspan, remote_line),
			.mspan_purged = offsetof(struct mspan, purged),
			.mspan_cached = offsetof(struct mspan, free_cache),
			.mspan_states = offsetof(struct mspan, states),
			.remote_bits = offsetof(struct mspan_remote, bits),
		},
};

/* Copies words between the two stores of the sequence number. */
static void publish(
	uint64_t *seq, uint64_t *to, const uint64_t *from, size_t nwords)
{
	/* In the child of a fork it may have stayed odd. */
	uint64_t now = load_relaxed(seq) & ~UINT64_C(1);

	store_relaxed(seq, now + 1);
	for (size_t i = 0; i < nwords; i++)
		store_release(&to[i], from[i]); /* read by other processes */
	store_release(seq, now + 2);
}

void statspage_publish_locked(void)
{
	const struct pages *pages = &mheap.pages;
	size_t nreleased = pages->npages_free - pages->npages_dirty;
	const struct statspage_heap now = {
		.reserved = mheap.reserved,
		.committed = pages->npages_known << GO_PAGE_SHIFT,
		.idle = pages->npages_free << GO_PAGE_SHIFT,
		.released = nreleased << GO_PAGE_SHIFT,
		.purged = load_relaxed(&mheap.purged_bytes),
		.large_bytes = mheap.large_pages << GO_PAGE_SHIFT,
		.large_count = mheap.nlarge,
		.large_mallocs = mheap.large_mallocs,
		.large_total = mheap.large_bytes,
		.nspans = mheap.nspans,
		.meta_inuse = fixalloc_inuse(),
		.meta_sys = fixalloc_sys(),
		.map_sys = heapmap_committed(),
		.released_total = mheap.released_bytes,
		.goal_regret = load_relaxed(&mheap.goal.regret),
	};

	lock_assert_held(&mheap.lock);
	publish(&statspage.heap_seq, (uint64_t *)&statspage.heap,
		(const uint64_t *)&now, sizeof now / sizeof(uint64_t));
}

void statspage_set_gc(const struct statspage_gc *gc)
{
	publish(&statspage.gc_seq, (uint64_t *)&statspage.gc,
		(const uint64_t *)gc, sizeof *gc / sizeof(uint64_t));
}
