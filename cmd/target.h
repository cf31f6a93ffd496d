/*
 * target: another process that runs under the library, read from outside.
 *
 * Nothing is done to it: its memory is copied by the kernel while it runs.
 */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/statspage.h"

/* A process and where its stats page is. */
struct target {
	pid_t pid;
	uint64_t page;          /* address of its struct statspage */
	struct statspage stats; /* a copy; target_refresh renews it */
};

/* Why a process cannot be read. */
enum target_result {
	TARGET_FOUND,
	TARGET_GONE,    /* there is no such process any more */
	TARGET_DENIED,  /* we may not read it */
	TARGET_WITHOUT, /* it has no stats page: not under the library */
	TARGET_VERSION, /* of another version of the library */
};

/* Looks for the stats page of a process. */
enum target_result target_open(struct target *t, pid_t pid);

/* The same; ends with a line that says what to do. */
void target_must_open(struct target *t, pid_t pid);

/* Reads the page again, heap and gc each at one moment.  false: gone. */
bool target_refresh(struct target *t);

/* Copies memory of the process; false: not all of it is there. */
bool target_read(const struct target *t, uint64_t from, void *to, size_t size);

/* One piece of a target_read_many. */
struct target_piece {
	uint64_t from; /* address in the process */
	void *to;      /* here */
	size_t size;   /* bytes; 0 afterwards: it could not be read */
};

/* Copies many pieces with few calls. */
void target_read_many(
	const struct target *t, struct target_piece *pieces, size_t n);

#endif
