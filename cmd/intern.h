/*
 * intern: byte strings, each kept once, and a number with each.
 */
#ifndef CMD_INTERN_H
#define CMD_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern_entry;

/* A table of them.  Zero is empty. */
struct intern {
	struct intern_entry **buckets; /* nbuckets chains */
	size_t nbuckets;               /* a power of two, or 0 */
	size_t n;                      /* strings */
};

/* One string. */
struct intern_entry {
	struct intern_entry *next; /* of the same bucket */
	uint64_t hash;             /* of bytes */
	uint64_t number;           /* the caller's; UINT64_MAX when new */
	size_t size;               /* of bytes */
	char bytes[];              /* and a 0 */
};

/* The entry for these bytes, made if it is new. */
struct intern_entry *intern(struct intern *t, const void *bytes, size_t size);

/* Gives all memory back. */
void intern_free(struct intern *t);

#endif
