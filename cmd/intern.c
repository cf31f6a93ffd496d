/*
 * intern: a hash table of byte strings that doubles when it is full.
 *
 * Context:    one thread.
 */
#include "cmd/intern.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/say.h"

enum { FIRST_BUCKETS = 256 };

/* FNV-1a, with a last stir so that the low bits are as good as any. */
static uint64_t hash_of(const char *bytes, size_t size)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static void grow(struct intern *t)
{
	size_t n = t->nbuckets > 0 ? t->nbuckets * 2 : FIRST_BUCKETS;
	struct intern_entry **buckets = must_calloc(n, sizeof(void *));

	for (size_t i = 0; i < t->nbuckets; i++) {
		for (struct intern_entry *e = t->buckets[i], *next; e != NULL;
			e = next) {
			next = e->next;
			e->next = buckets[e->hash & (n - 1)];
			buckets[e->hash & (n - 1)] = e;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->nbuckets = n;
}

struct intern_entry *intern(struct intern *t, const void *bytes, size_t size)
{
	uint64_t hash = hash_of(bytes, size);

	if (t->n >= t->nbuckets)
		grow(t);
	struct intern_entry **bucket = &t->buckets[hash & (t->nbuckets - 1)];
	for (struct intern_entry *e = *bucket; e != NULL; e = e->next)
		if (e->hash == hash && e->size == size &&
			memcmp(e->bytes, bytes, size) == 0)
			return e;
	struct intern_entry *e = must_calloc(1, sizeof *e + size + 1);
	*e = (struct intern_entry){*bucket, hash, UINT64_MAX, size};
	memcpy(e->bytes, bytes, size);
	*bucket = e;
	t->n++;
	return e;
}

void intern_free(struct intern *t)
{
	for (size_t i = 0; i < t->nbuckets; i++) {
		for (struct intern_entry *e = t->buckets[i], *next; e != NULL;
			e = next) {
			next = e->next;
			free(e);
		}
	}
	free(t->buckets);
	*t = (struct intern){0};
}
