/*
 * pages_random_test: a random program against a byte per page.
 *
 * The model keeps each page's state in the drawings' letters ('#' in use, '.'
 * free and dirty, 's' free and scavenged, '?' unknown) and searches in the
 * plainest way.  Its pages lie across the edge of a root entry of the tree.
 *
 * GOALLOC_TEST_SEED repeats a run.
 */
#include <time.h>

#include "core/pages.h"
#include "test/unit/reserved.h"
#include "test/unit/unit.h"

enum {
	ROOT_PAGES = 1 << 21,           /* covered by one root entry */
	MODEL_PAGES = 24 * CHUNK_PAGES, /* pages that the model knows */
	MODEL_FIRST = ROOT_PAGES - MODEL_PAGES / 2,
	MODEL_STEPS = 30000,
	MODEL_LIVE = 4096,  /* allocations alive at most */
	MODEL_VERIFY = 100, /* steps between two walks */
};

struct model {
	char page[MODEL_PAGES];           /* a letter per page */
	struct page_run live[MODEL_LIVE]; /* allocations, by window page */
	size_t nlive;                     /* of these, in use */
	uint64_t rng;                     /* xorshift state */
};

static struct model model;
static struct pages subject;

static uint64_t test_random(void)
{
	model.rng ^= model.rng << 13;
	model.rng ^= model.rng >> 7;
	model.rng ^= model.rng << 17;
	return model.rng;
}

static bool model_is_free(size_t i)
{
	return model.page[i] == '.' || model.page[i] == 's';
}

static size_t model_find(size_t npages, size_t align)
{
	size_t run = 0;

	for (size_t i = 0; i < MODEL_PAGES; i++) {
		if (!model_is_free(i)) {
			run = 0;
			continue;
		}
		if (run == 0 && (MODEL_FIRST + i) % align != 0)
			continue;
		if (++run == npages)
			return MODEL_FIRST + i + 1 - npages;
	}
	return PAGES_NONE;
}

/* Marks a run; returns how many of its pages were scavenged. */
static size_t model_mark(size_t first, size_t npages, char c)
{
	size_t nscavenged = 0;

	for (size_t i = 0; i < npages; i++) {
		nscavenged += model.page[first - MODEL_FIRST + i] == 's';
		model.page[first - MODEL_FIRST + i] = c;
	}
	return nscavenged;
}

static void model_add_live(size_t first, size_t npages)
{
	model.live[model.nlive++] = (struct page_run){first, npages};
}

/* Mostly small, now and then several chunks. */
static size_t model_size(void)
{
	const uint64_t x = test_random();

	if (x % 64 == 0)
		return 1 + test_random() % (4 * CHUNK_PAGES);
	return 1 + test_random() % (x % 8 == 0 ? 100 : 8);
}

static void model_step_alloc(void)
{
	const size_t npages = model_size();
	const size_t align =
		test_random() % 8 == 0 ? (size_t)1 << test_random() % 10 : 1;
	size_t nscavenged = 0;

	if (model.nlive == MODEL_LIVE)
		return;
	const size_t got = pages_alloc(&subject, npages, align, &nscavenged);
	ck_assert_uint_eq(got, model_find(npages, align));
	if (got == PAGES_NONE)
		return;
	ck_assert_uint_eq(nscavenged, model_mark(got, npages, '#'));
	model_add_live(got, npages);
}

/* Tries to lengthen a live run in place. */
static void model_step_alloc_at(void)
{
	if (model.nlive == 0)
		return;
	struct page_run *run = &model.live[test_random() % model.nlive];
	const size_t first = run->first + run->npages;
	const size_t npages = model_size();
	bool wanted = true;
	size_t nscavenged;

	for (size_t i = first; i < first + npages; i++)
		wanted = wanted && i < MODEL_FIRST + MODEL_PAGES &&
			 model_is_free(i - MODEL_FIRST);
	const bool ok = pages_alloc_at(&subject, first, npages, &nscavenged);
	ck_assert(ok == wanted);
	if (!ok)
		return;
	ck_assert_uint_eq(nscavenged, model_mark(first, npages, '#'));
	run->npages += npages;
}

static void model_step_free(void)
{
	if (model.nlive == 0)
		return;
	const size_t i = test_random() % model.nlive;
	const struct page_run run = model.live[i];

	model.live[i] = model.live[--model.nlive];
	pages_free(&subject, run.first, run.npages);
	model_mark(run.first, run.npages, '.');
}

/* Grows by unknown pages from a random place on. */
static void model_step_grow(void)
{
	size_t i = test_random() % MODEL_PAGES;
	const size_t most = 1 + test_random() % CHUNK_PAGES;
	size_t n = 0;

	while (i < MODEL_PAGES && model.page[i] != '?')
		i++;
	while (i + n < MODEL_PAGES && model.page[i + n] == '?' && n < most)
		n++;
	if (n == 0)
		return;
	ck_assert(pages_grow(&subject, MODEL_FIRST + i, n));
	model_mark(MODEL_FIRST + i, n, 's');
}

static void model_step_scavenge(void)
{
	const size_t most = 1 + test_random() % 600;
	const struct page_run run = pages_take_dirty(&subject, most);
	size_t end = MODEL_PAGES;

	while (end > 0 && model.page[end - 1] != '.')
		end--;
	if (end == 0) {
		ck_assert_uint_eq(run.npages, 0);
		return;
	}
	ck_assert_uint_ge(run.npages, 1);
	ck_assert_uint_le(run.npages, most);
	ck_assert_uint_eq(run.first + run.npages, MODEL_FIRST + end);
	for (size_t i = 0; i < run.npages; i++)
		ck_assert_int_eq(model.page[run.first - MODEL_FIRST + i], '.');
	model_mark(run.first, run.npages, '#');
	if (test_random() % 4 == 0 && model.nlive < MODEL_LIVE) {
		model_add_live(run.first, run.npages); /* freed some day */
		return;
	}
	pages_put_scavenged(&subject, run);
	model_mark(run.first, run.npages, 's');
}

static void model_compare(void)
{
	size_t nfree = 0;
	size_t ndirty = 0;
	size_t nknown = 0;

	for (size_t i = 0; i < MODEL_PAGES; i++) {
		nfree += model_is_free(i);
		ndirty += model.page[i] == '.';
		nknown += model.page[i] != '?';
	}
	ck_assert_uint_eq(subject.npages_free, nfree);
	ck_assert_uint_eq(subject.npages_dirty, ndirty);
	ck_assert_uint_eq(subject.npages_known, nknown);
	pages_verify(&subject);
}

static void model_step(void)
{
	switch (test_random() % 16) {
	case 0: model_step_grow(); break;
	case 1: model_step_scavenge(); break;
	case 2: model_step_alloc_at(); break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
	case 8: model_step_free(); break;
	default: model_step_alloc(); break;
	}
}

static void test_init(void)
{
	const size_t window = 2 * ROOT_PAGES;

	memset(model.page, '?', sizeof(model.page));
	model.nlive = 0;
	pages_init(&subject, window,
		reserved_storage(pages_storage_size(window)), reserved_commit);
}

static uint64_t test_seed(void)
{
	const char *given = getenv("GOALLOC_TEST_SEED");
	struct timespec now;

	if (given != NULL)
		return strtoull(given, NULL, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec) | 1;
}

START_TEST(test_random_program_against_the_model)
{
	model.rng = test_seed();
	printf("pages: GOALLOC_TEST_SEED=%#llx\n",
		(unsigned long long)model.rng);
	fflush(stdout);

	test_init();
	for (size_t i = 0; i < MODEL_STEPS; i++) {
		model_step();
		if (i % MODEL_VERIFY == 0)
			model_compare();
	}
	while (model.nlive > 0)
		model_step_free();
	model_compare();
}
END_TEST

static void pages_random_suite(TCase *tests)
{
	UNIT_TEST(tests, test_random_program_against_the_model);
}
UNIT_MAIN("pages_random", pages_random_suite)
