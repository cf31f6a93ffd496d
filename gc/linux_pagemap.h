/*
 * linux_pagemap: what Linux has added since the oldest kernel headers that
 * the library is built with (Debian 12's, 6.1).
 *
 * Numbers are from include/uapi/linux/fs.h and userfaultfd.h of Linux 6.7,
 * where PAGEMAP_SCAN and WP_ASYNC appear, and of 6.15 for PAGE_IS_GUARD.  They
 * are the kernel's binary interface and the same on every machine.
 */
#ifndef GC_LINUX_PAGEMAP_H
#define GC_LINUX_PAGEMAP_H

#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* What a page is, as bits. */
enum {
	LINUX_PAGE_IS_WRITTEN = 1 << 1, /* not armed (any more) */
	LINUX_PAGE_IS_PRESENT = 1 << 3,
	LINUX_PAGE_IS_SWAPPED = 1 << 4, /* also an armed hole, and a guard */
	LINUX_PAGE_IS_GUARD = 1 << 8,   /* MADV_GUARD_INSTALL: cannot be read */
};

/* What a scan does beside looking. */
enum {
	LINUX_SCAN_WP_MATCHING = 1 << 0,   /* arms what it finds */
	LINUX_SCAN_CHECK_WPASYNC = 1 << 1, /* EPERM where nothing is tracked */
};

/* One run of pages found: struct page_region. */
struct linux_page_region {
	uint64_t start;      /* address of the first byte */
	uint64_t end;        /* address behind the last byte */
	uint64_t categories; /* of all these pages, within return_mask */
};

/* struct pm_scan_arg. */
struct linux_scan_arg {
	uint64_t size;                /* of this struct */
	uint64_t flags;               /* LINUX_SCAN_* */
	uint64_t start;               /* where to look: from here */
	uint64_t end;                 /* to here */
	uint64_t walk_end;            /* out: how far it got */
	uint64_t vec;                 /* struct linux_page_region *, or 0 */
	uint64_t vec_len;             /* how many fit there */
	uint64_t max_pages;           /* 0: no limit */
	uint64_t category_inverted;   /* bits whose sense is turned round */
	uint64_t category_mask;       /* all of these must be set */
	uint64_t category_anyof_mask; /* and one of these, unless it is 0 */
	uint64_t return_mask;         /* which bits to report */
};

/* Of the file /proc/self/pagemap. */
#define LINUX_PAGEMAP_SCAN _IOWR('f', 16, struct linux_scan_arg)

/* userfaultfd: a write to an armed page disarms it and goes on by itself. */
enum { LINUX_UFFD_FEATURE_WP_ASYNC = 1 << 15 };

/* The classic file: one 64-bit word per page. */
#define LINUX_PAGEMAP_SOFT_DIRTY (UINT64_C(1) << 55)
#define LINUX_PAGEMAP_SWAPPED    (UINT64_C(1) << 62)
#define LINUX_PAGEMAP_PRESENT    (UINT64_C(1) << 63)

#endif
