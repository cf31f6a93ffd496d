/*
 * smaps: the mappings of a process, with what of each is resident.
 */
#ifndef CMD_SMAPS_H
#define CMD_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum area_kind {
	AREA_FILE,  /* a file, or the memory right behind one (bss) */
	AREA_BRK,   /* [heap] */
	AREA_STACK, /* the first thread's, or one that looks like another's
		     */
	AREA_ANON,  /* any other private memory */
};

struct area {
	uint64_t start;      /* first byte */
	uint64_t end;        /* behind the last */
	uint64_t rss;        /* resident, bytes */
	enum area_kind kind; /* what it is for */
	bool is_writable;    /* rw */
	bool is_none;        /* ---p: address space only */
};

struct smaps {
	struct area *areas; /* in order of address */
	size_t n;           /* of them */
	size_t cap;         /* room */
	uint64_t rss;       /* of all */
};

/* Reads /proc/PID/smaps; smaps_free must follow.  false: it is gone. */
bool smaps_read(struct smaps *s, pid_t pid);

/* Gives back what smaps_read took. */
void smaps_free(struct smaps *s);

/* Resident bytes of [start, end), page by page. */
uint64_t smaps_count_resident(pid_t pid, uint64_t start, uint64_t end);

#endif
