/*
 * webday: a leak-free day of a web server in fast motion.
 *
 *	webday [scale]
 *
 * Four workers answer requests through 24 hours.  The load follows the hour:
 * next to nothing at night, a peak in the evening.  A request allocates a
 * connection, header strings and a growing body, and now and then leaves an
 * entry in a cache that all workers share (its lock guards the slots; the
 * entry that is pushed out is freed by whoever pushes).  A session lives for
 * many requests and is closed at the end of the hour in which it ran out.
 * All is freed at midnight.
 *
 * What it shows: mixed lifetimes, cross-thread frees in small numbers, and
 * whether the memory of the evening is still held at night (mean RSS).
 *
 * Determinism: a request's content depends on its worker's own draws, and
 * the sums of cache entries are added when they are made, not when they are
 * pushed out; so the checksum does not depend on who meets whom.
 */
#include <string.h>

#include "load.h"

enum {
	DAY_NHOURS = 24,
	DAY_NWORKERS = 4,
	DAY_NREQUESTS = 1600, /* per worker in the hour of least load */
	NHEADERS = 14,
	BODY_MAX = 24 << 10,
	CACHE_NSLOTS = 4096,
	NSESSIONS = 3000, /* per worker, at the peak */
};

/* Requests in each hour, as a multiple of the quietest. */
static const int day_load[DAY_NHOURS] = {2, 1, 1, 1, 1, 1, 2, 4, 6, 8, 8, 8, 9,
	8, 8, 8, 8, 9, 11, 13, 14, 12, 8, 4};

static struct {
	pthread_mutex_t lock;

	/* Guarded by lock. */
	struct block *slots[CACHE_NSLOTS];
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct worker {
	size_t nrequests; /* in an hour of load 1 */
	struct draw d;
	struct block *sessions[NSESSIONS];
	uint64_t sum;
};

static void cache_put(struct block *entry, size_t slot)
{
	pthread_mutex_lock(&cache.lock);
	struct block *old = cache.slots[slot];
	cache.slots[slot] = entry;
	pthread_mutex_unlock(&cache.lock);
	if (old != NULL)
		(void)block_free(old);
}

/* The body of an answer, put together piece by piece. */
static uint64_t webday_write_body(struct worker *w)
{
	const size_t limit = draw_skewed(&w->d, BODY_MAX) + 64;
	size_t room = 256;
	char *body = load_check(malloc(room));
	size_t used = 0;

	while (used < limit) {
		const size_t piece = draw_range(&w->d, 40, 1500);

		while (used + piece > room) {
			room *= 2;
			body = load_check(realloc(body, room));
		}
		memset(body + used, (int)piece, piece);
		used += piece;
	}
	const uint64_t sum = used + (unsigned char)body[used / 2];
	free(body);
	return sum;
}

static void webday_touch_session(struct worker *w, int load)
{
	/* Fewer users are about at night: fewer sessions are in use. */
	const size_t i = draw_below(&w->d, (uint32_t)(NSESSIONS * load / 14));

	if (w->sessions[i] == NULL)
		w->sessions[i] = block_new(draw_range(&w->d, 200, 4000),
			(uint32_t)draw_bits(&w->d));
	else if (draw_below(&w->d, 20) == 0) {
		w->sum += block_free(w->sessions[i]);
		w->sessions[i] = NULL;
	}
}

static void webday_answer(struct worker *w, int load)
{
	struct block *connection = block_new(1900, 1);
	struct block *headers[NHEADERS];

	for (int i = 0; i < NHEADERS; i++)
		headers[i] = block_draw(&w->d);
	webday_touch_session(w, load);
	w->sum += webday_write_body(w);
	if (draw_below(&w->d, 10) == 0) {
		struct block *entry = block_new(
			draw_server_size(&w->d), (uint32_t)draw_bits(&w->d));

		w->sum += block_sum(entry);
		cache_put(entry, draw_below(&w->d, CACHE_NSLOTS));
	}
	for (int i = 0; i < NHEADERS; i++)
		w->sum += block_free(headers[i]);
	w->sum += block_free(connection);
}

/* Sessions beyond what this hour's load keeps in use have run out. */
static void webday_close_sessions(struct worker *w, int load)
{
	for (int i = NSESSIONS * load / 14; i < NSESSIONS; i++) {
		if (w->sessions[i] != NULL)
			w->sum += block_free(w->sessions[i]);
		w->sessions[i] = NULL;
	}
}

static void *webday_run_worker(void *arg)
{
	struct worker *w = arg;

	for (int hour = 0; hour < DAY_NHOURS; hour++) {
		const int load = day_load[hour];

		for (size_t i = 0; i < w->nrequests * (size_t)load; i++)
			webday_answer(w, load);
		webday_close_sessions(w, load);
	}
	webday_close_sessions(w, 0);
	return NULL;
}

int main(int argc, char **argv)
{
	const size_t nrequests =
		load_count(load_scale(argc, argv, 1), DAY_NREQUESTS);
	static struct worker workers[DAY_NWORKERS];
	uint64_t sum = 0;

	for (int i = 0; i < DAY_NWORKERS; i++) {
		workers[i].nrequests = nrequests;
		workers[i].d.state = (uint64_t)i;
	}
	load_run_threads(
		DAY_NWORKERS, webday_run_worker, workers, sizeof(workers[0]));
	for (int i = 0; i < CACHE_NSLOTS; i++)
		if (cache.slots[i] != NULL)
			(void)block_free(cache.slots[i]);
	for (int i = 0; i < DAY_NWORKERS; i++)
		sum += workers[i].sum;
	return load_finish(sum);
}
