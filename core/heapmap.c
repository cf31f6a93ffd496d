/*
 * heapmap: keeping the table.
 *
 * The table is reserved for the whole window and becomes usable in steps, so
 * that a small heap is charged for a small table.
 *
 * Locking:    writers hold mheap.
 */
#include "core/heapmap.h"

#include "core/bits.h"
#include "core/os.h"

enum { TABLE_STEP = 64 << 10 /* bytes of table made usable at once */ };

struct heapmap heapmap;

static size_t committed; /* bytes of table; guarded by mheap */

size_t heapmap_table_size(size_t window_size)
{
	size_t size = (window_size >> GO_PAGE_SHIFT) * sizeof(struct mspan *);

	return align_up(size, os_page_size);
}

void heapmap_init(uintptr_t base, void *table)
{
	heapmap.base = base;
	heapmap.spans = table;
}

bool heapmap_grow(size_t size)
{
	size_t need = heapmap_table_size(size);

	if (need > committed) {
		size_t end = align_up(need, TABLE_STEP);
		if (!os_commit((uintptr_t)heapmap.spans + committed,
			    end - committed))
			return false;
		committed = end;
	}
	if (size > heapmap.size)
		store_release(&heapmap.size, size); /* pairs: heapmap_lookup */
	return true;
}

void heapmap_set(uintptr_t addr, size_t npages, struct mspan *s)
{
	size_t first = (addr - heapmap.base) >> GO_PAGE_SHIFT;

	for (size_t i = first; i < first + npages; i++)
		store_release(&heapmap.spans[i], s); /* pairs: heapmap_lookup */
}

size_t heapmap_committed(void)
{
	return committed;
}
