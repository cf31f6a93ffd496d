/*
 * heapprof: see heapprof.h.
 *
 * Strings, locations and samples are found again through hash tables, so that
 * a file may name them as often as it likes.
 *
 * Context:    one thread.
 */
#include "cmd/heapprof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/say.h"

struct heapprof *heapprof_new(void)
{
	struct heapprof *p = must_calloc(1, sizeof *p);

	p->drop_frames = "";
	return p;
}

void heapprof_free(struct heapprof *p)
{
	for (size_t i = 0; i < p->nsamples; i++)
		free(p->samples[i].stack);
	for (size_t i = 0; i < p->nlocations; i++)
		free(p->locations[i].lines);
	free(p->samples);
	free(p->locations);
	free(p->mappings);
	intern_free(&p->strings);
	intern_free(&p->places);
	intern_free(&p->stacks);
	free(p);
}

const char *heapprof_string(struct heapprof *p, const char *text)
{
	return intern(&p->strings, text, strlen(text))->bytes;
}

void heapprof_add_mapping(struct heapprof *p, const struct heapprof_mapping *m)
{
	p->mappings = must_grow(p->mappings, p->nmappings, &p->mappings_cap,
		sizeof *p->mappings);
	p->mappings[p->nmappings++] = *m;
}

uint32_t heapprof_find_mapping(const struct heapprof *p, uint64_t address)
{
	for (size_t i = 0; i < p->nmappings; i++)
		if (address >= p->mappings[i].start &&
			address < p->mappings[i].end)
			return (uint32_t)i;
	return HEAPPROF_NO_MAPPING;
}

uint32_t heapprof_add_location(
	struct heapprof *p, const struct heapprof_location *l)
{
	p->locations = must_grow(p->locations, p->nlocations, &p->locations_cap,
		sizeof *p->locations);
	struct heapprof_location *to = &p->locations[p->nlocations];
	*to = *l;
	to->lines = must_calloc(l->nlines, sizeof *l->lines);
	if (l->nlines > 0)
		memcpy(to->lines, l->lines, l->nlines * sizeof *l->lines);
	return (uint32_t)p->nlocations++;
}

uint32_t heapprof_location(
	struct heapprof *p, uint64_t address, const char *function)
{
	struct {
		uint64_t address;
		const char *function;
	} key = {address,
		function != NULL ? heapprof_string(p, function) : NULL};
	struct intern_entry *e = intern(&p->places, &key, sizeof key);

	if (e->number != UINT64_MAX)
		return (uint32_t)e->number;
	struct heapprof_line line = {key.function, "", 0};
	struct heapprof_location l = {
		.address = address,
		.mapping = address != 0 ? heapprof_find_mapping(p, address)
					: HEAPPROF_NO_MAPPING,
		.nlines = function != NULL,
		.lines = &line,
	};
	line.file = heapprof_string(p, "");
	e->number = heapprof_add_location(p, &l);
	return (uint32_t)e->number;
}

/* Values stay far from overflow, whatever a file says. */
static int64_t bounded_sum(int64_t a, int64_t b)
{
	const int64_t most = INT64_C(1) << 60;
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		sum = b > 0 ? most : -most;
	return sum > most ? most : sum < -most ? -most : sum;
}

void heapprof_add(struct heapprof *p, const uint32_t *stack, size_t nstack,
	int64_t size, const int64_t values[HEAPPROF_NVALUES])
{
	size_t key_size = sizeof size + nstack * sizeof *stack;
	char *key = must_calloc(1, key_size);

	memcpy(key, &size, sizeof size);
	if (nstack > 0)
		memcpy(key + sizeof size, stack, nstack * sizeof *stack);
	struct intern_entry *e = intern(&p->stacks, key, key_size);
	free(key);
	if (e->number == UINT64_MAX) {
		p->samples = must_grow(p->samples, p->nsamples, &p->samples_cap,
			sizeof *p->samples);
		struct heapprof_sample *s = &p->samples[p->nsamples];
		*s = (struct heapprof_sample){
			.size = size, .nstack = (uint32_t)nstack};
		s->stack = must_calloc(nstack, sizeof *stack);
		if (nstack > 0)
			memcpy(s->stack, stack, nstack * sizeof *stack);
		e->number = p->nsamples++;
	}
	for (int i = 0; i < HEAPPROF_NVALUES; i++) {
		int64_t *sum = &p->samples[e->number].values[i];
		*sum = bounded_sum(*sum, values[i]);
	}
}

const char *heapprof_name(struct heapprof *p, uint32_t location)
{
	const struct heapprof_location *l = &p->locations[location];
	char text[32];

	if (l->nlines > 0)
		return l->lines[0].function;
	snprintf(text, sizeof text, "0x%" PRIx64, l->address);
	return heapprof_string(p, text);
}

/* Functions that allocate for their caller. */
static bool is_allocator(const char *name)
{
	static const char *const names[] = {"malloc", "calloc", "realloc",
		"reallocarray", "memalign", "aligned_alloc", "posix_memalign",
		"valloc", "pvalloc", "strdup", "strndup", "__strdup",
		"__libc_malloc", "__libc_calloc", "__libc_realloc",
		"operator new(unsigned long)", "operator new[](unsigned long)"};

	static const char *const starts[] = {
		"operator new(unsigned long, std::",
		"operator new[](unsigned long, std::", "std::allocator_traits<",
		"__gnu_cxx::new_allocator<", "std::__new_allocator<"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
		if (strncmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

size_t heapprof_nallocators(struct heapprof *p, const struct heapprof_sample *s)
{
	size_t n = 0;

	while (n + 1 < s->nstack && is_allocator(heapprof_name(p, s->stack[n])))
		n++;
	return n;
}

int64_t heapprof_total(const struct heapprof *p, enum heapprof_value value)
{
	int64_t total = 0;

	for (size_t i = 0; i < p->nsamples; i++)
		total = bounded_sum(total, p->samples[i].values[value]);
	return total;
}
