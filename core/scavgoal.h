/*
 * scavgoal: how many free bytes the heap may keep resident.
 *
 *   allowance = 4 MiB + in use / 10 + min(regret, peak - in use)
 *               at most 95 % of the limit - in use
 *
 * The first two terms are Go's goal.  They are right for a heap that is
 * steady or done, and wrong for one that breathes: a program whose heap goes
 * from 0 to 100 MiB and back ten times a second would pay a page fault for
 * every page of every breath.  So the heap learns from what it did wrong:
 * bytes given back and taken again within a second or two are regret, and the
 * allowance grows by them.  The peak bounds it: what would lift the heap
 * above the most it ever used can be of no use.
 *
 * The limit is on what the heap has resident in all (GOMEMLIMIT, less what the
 * process has besides); Go's scavenger too aims at 95 % of it.
 *
 * Regret lasts while it is earned, by new regret or by a heap that goes on to
 * breathe as deep; otherwise it halves every second, down to nothing.
 *
 * Numbers in, numbers out: no clock, no OS.  Times are in ns and do not
 * decrease; small steps back are taken as none.
 *
 * Locking:    none inside.  Holds: mheap, in every call.
 */
#ifndef CORE_SCAVGOAL_H
#define CORE_SCAVGOAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SCAVGOAL_FLOOR = 4 << 20,    /* bytes; Go's least heap at GOGC=100 */
	SCAVGOAL_INUSE_DIVISOR = 10, /* Go keeps a tenth of what is in use */
	SCAVGOAL_LIMIT_PERCENT = 95, /* Go's, of the limit */
};

/* All fields are guarded by mheap; sizes are in bytes. */
struct scavgoal {
	uint64_t second_ns;     /* when the current second began */
	size_t released;        /* given back in it, and not reused yet */
	size_t released_before; /* the same, in the second before */
	size_t regret;          /* what the allowance has grown by; atomic */
	bool is_regret_new;     /* regret grew in the current second */
	size_t in_use;          /* last told */
	size_t low;             /* the least told since the second began */
	size_t rise;            /* the most told in it, above low before it */
	size_t peak;            /* the most ever told */
	size_t limit;           /* on all that is resident; SIZE_MAX: none */
};

/* No history, no limit. */
void scavgoal_init(struct scavgoal *g);

/*
 * So many bytes are in use.  Told before a heap's first bytes are reused: one
 * that holds a single object is empty whenever something is freed.
 */
void scavgoal_note_in_use(struct scavgoal *g, size_t in_use_bytes);

/* Free bytes were given back to the OS because they exceeded the allowance. */
void scavgoal_note_released(struct scavgoal *g, size_t bytes, uint64_t now_ns);

/* Bytes without memory behind them came into use, as new pages or again. */
void scavgoal_note_reused(struct scavgoal *g, size_t bytes, uint64_t now_ns);

/*
 * The free bytes that may stay resident while in_use bytes are in use.  Told
 * often, it also sees how the heap breathes.
 */
size_t scavgoal_allowance(
	struct scavgoal *g, size_t in_use_bytes, uint64_t now_ns);

/* The same without history and at any time: the part that the limit leaves. */
size_t scavgoal_left_by_limit(const struct scavgoal *g, size_t in_use_bytes);

/*
 * Free and resident bytes that have to go for `more` bytes to become resident
 * under the limit.
 */
size_t scavgoal_excess(const struct scavgoal *g, size_t in_use_bytes,
	size_t dirty_bytes, size_t more);

#endif
