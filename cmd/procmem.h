/*
 * procmem: what /proc says of a process's memory, and of its children.
 */
#ifndef CMD_PROCMEM_H
#define CMD_PROCMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of one process or the sum over several, in bytes. */
struct procmem {
	uint64_t rss;      /* resident */
	uint64_t pss;      /* its shared pages divided by their sharers */
	uint64_t lazyfree; /* of rss: MADV_FREE, taken when wanted */
	uint64_t huge;     /* of rss: anonymous huge pages */
	uint64_t swap;     /* swapped out */
};

/* Reads smaps_rollup; only rss where that is forbidden.  false: it is gone. */
bool procmem_read(pid_t pid, struct procmem *m);

/* sum += m. */
void procmem_add(struct procmem *sum, const struct procmem *m);

/* Number of mappings; 0 if it cannot be read. */
size_t procmem_count_maps(pid_t pid);

/* Whether the process has a file of this name mapped. */
bool procmem_has_file(pid_t pid, const char *path);

/* Writes the file name of an allocator that is mapped; false: none is. */
bool procmem_find_malloc(pid_t pid, char *name, size_t size);

/* Greatest RSS so far, in bytes; 0 if it cannot be read. */
uint64_t procmem_read_peak(pid_t pid);

/* All descendants of pid, at most max; returns how many. */
size_t procmem_list_tree(pid_t pid, pid_t *list, size_t max);

#endif
