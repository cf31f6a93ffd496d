/*
 * reserved.h: storage for tables that are committed as they are used.
 *
 * The memory is PROT_NONE until the commit callback opens it, so a test dies
 * when the module touches an entry that it never made ready.
 */
#ifndef GOALLOC_TEST_RESERVED_H
#define GOALLOC_TEST_RESERVED_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

static size_t reserved_ncommitted;       /* bytes since the last storage */
static size_t reserved_limit = SIZE_MAX; /* bytes that may be committed */

/* A lazytable_commit_fn. */
static inline bool reserved_commit(void *addr, size_t size)
{
	if (reserved_ncommitted + size > reserved_limit)
		return false;
	reserved_ncommitted += size;
	return mprotect(addr, size, PROT_READ | PROT_WRITE) == 0;
}

/* New storage, nothing of it committed, without a limit. */
static inline void *reserved_storage(size_t size)
{
	void *p = mmap(NULL, size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	reserved_ncommitted = 0;
	reserved_limit = SIZE_MAX;
	return p;
}

#endif
