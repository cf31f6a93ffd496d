/*
 * watch: asks the probes, takes the ledger, holds the program at its end.
 *
 * A question is one store; the answer comes at the program's next call of
 * malloc or free, which is when its RSS has just grown, as a rule.  With the
 * question goes the wish that it wait (is_held) if its RSS is the highest
 * met so far: then smaps and the allocator's figures are of one moment.  It
 * waits for some milliseconds in a run that nobody times.
 *
 * At its end the program answers once more and waits.  It is looked at for as
 * long as the request says, and then let go.
 *
 * Locking:    see probe/page.h.
 * Context:    the sampler.
 */
#include "cmd/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/atomics.h"
#include "cmd/ledger.h"

/* The ledger is taken again when RSS is so much higher. */
static const double LEDGER_STEP = 1.01;
/* Not below this share of an earlier run's peak: it would not last. */
static const double LEDGER_FROM = 0.5;
/* Between two questions lie so many times what an answer takes. */
static const double ANSWER_SHARE = 20;
/* The same where RSS has grown, so that the peak is not missed. */
static const double LEDGER_SHARE = 4;
/* One wait is no longer, so that an end is noticed. */
static const double WAIT_SECONDS = 2e-3;

static double watch_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void watch_futex_wait(uint32_t *word, uint32_t value, double seconds)
{
	const struct timespec limit = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - floor(seconds)) * 1e9),
	};

	syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

/* The program goes on.  pairs: probe_rest. */
static void page_let_go(uint32_t *word)
{
	store_release(word, 0);
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static struct probe_page *page_map(const char *folder, pid_t pid)
{
	char path[PATH_MAX + 32];
	struct probe_page *page = NULL;
	struct stat info;

	snprintf(path, sizeof path, "%s/%d.probe", folder, pid);
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &info) == 0 && info.st_size >= (off_t)sizeof *page)
		page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED || page == NULL)
		return NULL;
	/* pairs: probe_open; before it the page may not be filled in. */
	if (load_acquire(&page->magic) == PROBE_MAGIC)
		return page;
	munmap(page, sizeof *page);
	return NULL;
}

static uint64_t page_inode(const char *folder, pid_t pid)
{
	char path[PATH_MAX + 32];
	struct stat info;

	snprintf(path, sizeof path, "%s/%d.probe", folder, pid);
	return stat(path, &info) == 0 ? info.st_ino : 0;
}

/* The page of a process; NULL: it has none, or there are too many. */
static struct watch_page *watch_find(struct watch *w, pid_t pid)
{
	const uint64_t inode = page_inode(w->request->folder, pid);

	for (size_t i = 0; i < w->npages; i++)
		if (w->pages[i].pid == pid && w->pages[i].inode == inode)
			return &w->pages[i];
	if (w->npages == WATCH_PAGES || inode == 0)
		return NULL;
	struct probe_page *page = page_map(w->request->folder, pid);
	if (page == NULL)
		return NULL;
	struct watch_page *p = &w->pages[w->npages++];
	*p = (struct watch_page){.pid = pid, .inode = inode, .page = page};
	return p;
}

void watch_begin(struct watch *w, const struct sampler_request *request)
{
	*w = (struct watch){.request = request, .start = watch_now()};
}

void watch_begin_look(struct watch *w)
{
	for (size_t i = 0; i < w->npages; i++)
		w->pages[i].rss = 0;
}

void watch_look(struct watch *w, pid_t pid, uint64_t rss)
{
	struct watch_page *p = watch_find(w, pid);

	if (p == NULL)
		return;
	p->rss = rss;
}

/* ---- Questions ------------------------------------------------------- */

static bool watch_is_great(const struct watch *w, uint64_t rss)
{
	return (double)rss > LEDGER_FROM * (double)w->request->expected_peak;
}

static bool watch_wants_ledger(const struct watch *w, uint64_t rss)
{
	return (double)rss > LEDGER_STEP * w->tried_rss &&
	       watch_is_great(w, rss);
}

/* The greatest process that is still there, or NULL. */
static struct watch_page *watch_greatest(struct watch *w)
{
	struct watch_page *greatest = NULL;

	for (size_t i = 0; i < w->npages; i++) {
		struct watch_page *p = &w->pages[i];

		if (p->rss > 0 && (greatest == NULL || p->rss > greatest->rss))
			greatest = p;
	}
	return greatest;
}

/* The last look at an idle program has been taken: it may go. */
static void watch_end_idle(struct watch *w, struct watch_page *p)
{
	if (watch_now() - w->idle_since < w->request->idle)
		return;
	page_let_go(&p->page->is_kept);
	w->idle_since = 0;
	w->has_idled = true;
}

void watch_ask(struct watch *w)
{
	struct watch_page *p = w->main;

	if (w->idle_since == 0)
		p = w->main = watch_greatest(w);
	/* Another one that is at its end has nothing to wait for. */
	for (size_t i = 0; i < w->npages; i++)
		if (&w->pages[i] != p &&
			load_acquire(&w->pages[i].page->is_kept))
			page_let_go(&w->pages[i].page->is_kept);
	if (p == NULL)
		return;
	if (w->idle_since > 0)
		watch_end_idle(w, p);
	const bool is_held = watch_wants_ledger(w, p->rss);
	const double rest = (is_held ? LEDGER_SHARE : ANSWER_SHARE) *
			    (double)p->heap.took_ns * 1e-9;
	if (load_acquire(&p->page->is_over) != 0 ||
		watch_now() < p->answered_at + rest)
		return;
	/* Not a shell that starts the process that matters, nor its helpers. */
	p->was_great = p->was_great || watch_is_great(w, p->rss);
	store_relaxed(&p->page->is_kept, !w->has_idled && p->was_great);
	if (is_held)
		w->tried_rss = (double)p->rss;
	store_relaxed(&p->page->is_held, is_held);
	p->is_answered = false;
	/* pairs: probe_meet_question */
	store_release(&p->page->question, ++p->question);
}

static void watch_take_ledger(struct watch *w, const struct watch_page *p)
{
	struct ledger ledger = {0};

	if (!ledger_take(&ledger, p->pid, p->page) ||
		ledger.rss <= w->ledger.rss)
		return;
	ledger.t = watch_now() - w->start;
	w->ledger = ledger;
}

/* The program is at its end: it stays as long as it is watched. */
static void watch_meet_end(struct watch *w, struct watch_page *p)
{
	if (w->idle_since > 0 || load_relaxed(&p->page->is_kept) == 0)
		return;
	p->heap = p->page->heap;
	watch_take_ledger(w, p);
	w->idle_since = watch_now();
}

static void watch_meet_answer(struct watch *w, struct watch_page *p)
{
	p->heap = p->page->heap;
	p->is_answered = true;
	p->answered_at = watch_now();
	if (load_relaxed(&p->page->is_held) == 0)
		return;
	watch_take_ledger(w, p);
	page_let_go(&p->page->is_held);
}

/* Live bytes rise and fall between two looks, too. */
static void watch_note_live(struct watch *w)
{
	double live = 0;

	for (size_t i = 0; i < w->npages; i++)
		if (w->pages[i].rss > 0)
			live += ledger_live_of(w->pages[i].page).requested;
	w->peak_live = fmax(w->peak_live, live);
}

void watch_wait(struct watch *w, double seconds)
{
	struct watch_page *p = w->main;
	const double limit = fmin(fmax(seconds, 0), WAIT_SECONDS);

	watch_note_live(w);

	if (p == NULL) {
		usleep((useconds_t)(limit * 1e6));
		return;
	}
	/* pairs: probe_answer */
	const uint32_t answer = load_acquire(&p->page->answer);
	if (load_acquire(&p->page->is_over) != 0)
		watch_meet_end(w, p);
	else if (!p->is_answered && answer == p->question)
		watch_meet_answer(w, p);
	watch_futex_wait(&p->page->answer, answer, limit);
}

bool watch_is_idle(const struct watch *w)
{
	return w->idle_since > 0;
}

/* ---- Figures --------------------------------------------------------- */

void watch_fill_sample(struct watch *w, struct sample *s)
{
	struct ledger_live live = {0};
	double counted = 0;
	double held = 0;
	double committed = 0;
	bool is_answered = false;

	s->goal = s->ncycles = NAN;
	for (size_t i = 0; i < w->npages; i++) {
		const struct watch_page *p = &w->pages[i];
		const struct probe_heap *h = &p->heap;

		if (p->rss == 0)
			continue;
		const struct ledger_live one = ledger_live_of(p->page);
		live.requested += one.requested;
		live.rounded += one.rounded;
		counted += (double)h->live;
		held += (double)(h->live + h->slots);
		committed +=
			(double)(h->live + h->slots + h->kept + h->metadata);
		is_answered = is_answered || h->allocator != PROBE_UNKNOWN;
		if (p == w->main && h->goal > 0) {
			s->goal = (double)h->goal;
			s->ncycles = (double)h->ncycles;
		}
	}
	s->requested = live.requested;
	s->rounded = live.rounded;
	s->counted = is_answered ? counted : NAN;
	s->held = is_answered ? held : NAN;
	s->committed = is_answered ? committed : NAN;
	w->peak_live = fmax(w->peak_live, live.requested);
	w->peak_waste = fmax(w->peak_waste, s->committed - live.requested);
}

/* Pages of processes that came and went between two looks count as well. */
static void watch_add_unseen(struct watch *w, struct ledger_sizes *sizes)
{
	const struct dirent *entry;
	DIR *folder = opendir(w->request->folder);

	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL) {
		const char *end = strstr(entry->d_name, ".probe");
		const pid_t pid = end != NULL ? atoi(entry->d_name) : 0;

		for (size_t i = 0; pid > 0 && i < w->npages; i++)
			if (w->pages[i].pid == pid)
				end = NULL;
		if (end == NULL || pid <= 0)
			continue;
		struct probe_page *page = page_map(w->request->folder, pid);
		if (page == NULL)
			continue;
		ledger_add_sizes(sizes, page);
		munmap(page, sizeof *page);
	}
	closedir(folder);
}

void watch_end(struct watch *w, struct sampler_result *result)
{
	double *value = result->metrics.value;

	watch_add_unseen(w, &result->sizes);
	for (size_t i = 0; i < w->npages; i++) {
		const struct probe_heap *h = &w->pages[i].page->heap;

		ledger_add_sizes(&result->sizes, w->pages[i].page);
		if (h->goal > 0 && w->pages[i].pid == w->ledger.pid) {
			value[METRIC_gc_share] = (double)h->gc_ppm * 1e-6;
			value[METRIC_gc_pause] = (double)h->pause_ns * 1e-9;
		}
		munmap(w->pages[i].page, sizeof *w->pages[i].page);
	}
	result->ledger = w->ledger;
	if (w->npages > 0 && w->peak_live > 0)
		value[METRIC_live] = w->peak_live;
	if (w->peak_waste > 0)
		value[METRIC_waste] = w->peak_waste;
}
