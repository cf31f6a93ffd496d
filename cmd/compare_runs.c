/*
 * compare_runs: every run of a comparison, in its order and within its time.
 *
 *   warm-up    each contender once: does it take effect, how long does it
 *              take, what does it print; from this comes the estimate
 *   observed   each once with the probe: series, ledger, sizes
 *   traced     each once with its system calls followed
 *   profiled   each once with its heap sampled
 *   timed      A B B A A B ...: nothing beside the command but a look at
 *              its memory now and then
 *
 * The timed runs come last because their number gives way: a machine that
 * turns slower costs rounds, not the promise of the estimate.  Four rounds
 * are made in any case, below that no difference can be told from chance.
 */
#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/compare.h"
#include "cmd/compare_profile.h"
#include "cmd/locate.h"
#include "cmd/progress.h"
#include "cmd/say.h"
#include "cmd/sha256.h"

/* What a run with the probe, or followed, takes, as multiples of a plain one.
 */
static const double OBSERVED_FACTOR = 2;
static const double TRACED_FACTOR = 1.6;
static const double PROFILED_FACTOR = 1.6;
static const double PROFILE_SECONDS = 1; /* to read symbols */
/* The estimate leaves this much for a machine that has other work. */
static const double SLACK_FACTOR = 1.5;
static const double SLACK_SECONDS = 2;

/* A run with something beside it is given up after so much; it is no loss. */
static const double BESIDE_FACTOR = 6;
static const double BESIDE_SECONDS = 3;

enum { MIN_ROUNDS = 4, PROGRESS_MS = 250, TOLD_ERRORS = 300 };

/* The runs being made. */
struct runner {
	struct comparison *c;
	struct sampler sampler;
	struct progress progress;
	struct sampler_request request;
	struct sampler_result result;
	double start;    /* of the comparison, seconds */
	double deadline; /* likewise; 0: none yet */
	bool is_told;    /* a command that fails has been told */
};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int sig)
{
	interrupted = sig;
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- One run --------------------------------------------------------- */

static void request_add_setting(
	struct sampler_request *r, size_t *used, const char *setting)
{
	const size_t size = strlen(setting) + 1;

	if (*used + size + 1 > sizeof r->env)
		die_usage("--with: the settings are too long");
	memcpy(r->env + *used, setting, size);
	*used += size;
	r->env[*used] = '\0';
}

static void request_fill(
	struct runner *r, const struct contender *p, enum sampler_mode mode)
{
	struct sampler_request *q = &r->request;
	const struct comparison *c = r->c;
	size_t used = 0;

	memset(q, 0, sizeof *q);
	q->mode = mode;
	q->is_own_malloc = p->library == NULL;
	q->limit = c->options.limit;
	if (mode != SAMPLER_TIMED)
		q->limit = fmin(
			q->limit, BESIDE_FACTOR * p->warmup.value[METRIC_wall] +
					  c->options.idle + BESIDE_SECONDS);
	q->idle = c->options.idle;
	q->expected_peak = (uint64_t)fmax(0, p->warmup.value[METRIC_rss]);
	snprintf(q->input, sizeof q->input, "%s", c->options.input);
	snprintf(q->output, sizeof q->output, "%s/output", c->scratch);
	snprintf(q->errors, sizeof q->errors, "%s/errors", c->scratch);
	snprintf(q->folder, sizeof q->folder, "%s", c->scratch);
	for (const char *s = p->settings; s != NULL && *s != '\0';
		s += strlen(s) + 1)
		request_add_setting(q, &used, s);
	if (p->library != NULL) {
		snprintf(q->preload, sizeof q->preload, "%s", p->library);
		snprintf(q->must_map, sizeof q->must_map, "%s", p->library);
	}
	if (mode != SAMPLER_OBSERVED)
		return;
	char *probe = locate_library("libgoalloc-probe.so");
	char *folder = must_format(PROBE_FOLDER "=%s", c->scratch);
	snprintf(q->preload, sizeof q->preload, "%s%s%s", probe,
		p->library != NULL ? ":" : "",
		p->library != NULL ? p->library : "");
	snprintf(q->must_map, sizeof q->must_map, "%s", probe);
	request_add_setting(q, &used, folder);
	free(folder);
	free(probe);
}

/* The recorder, or the library's own profiler, in place of the library. */
static void request_profile(struct runner *r, const struct contender *p)
{
	struct sampler_request *q = &r->request;
	struct profile_setup setup = profile_setup_for(p, r->c->scratch);
	size_t used = 0;

	while (q->env[used] != '\0')
		used += strlen(q->env + used) + 1;
	snprintf(q->preload, sizeof q->preload, "%s", setup.preload);
	snprintf(q->must_map, sizeof q->must_map, "%.*s",
		(int)strcspn(setup.preload, ":"), setup.preload);
	request_add_setting(q, &used, setup.options);
	request_add_setting(q, &used, setup.rate);
	profile_setup_free(&setup);
}

static const char *const mode_names[] = {
	[SAMPLER_TIMED] = "timed",
	[SAMPLER_OBSERVED] = "probed",
	[SAMPLER_PROFILED] = "profiled",
	[SAMPLER_TRACED] = "traced",
};

/* The last words of the command on stderr. */
static void tell_errors(const char *path)
{
	char text[TOLD_ERRORS + 1];
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return;
	if (fseek(in, -TOLD_ERRORS, SEEK_END) != 0)
		rewind(in);
	const size_t n = fread(text, 1, TOLD_ERRORS, in);
	text[n] = '\0';
	fclose(in);
	if (n > 0)
		warn("it said: %s", text);
}

/* Whether the run can be used; ends if none of its kind can. */
static bool runner_check(struct runner *r, const struct contender *p)
{
	const char *command = r->c->command[0];

	switch (r->result.end) {
	case SAMPLER_ENDED: return true;
	case SAMPLER_TIMED_OUT:
		progress_end(&r->progress);
		if (r->request.mode != SAMPLER_TIMED) {
			warn("%s under %s, %s: given up after %.0f s; the "
			     "report will lack it",
				command, p->name, mode_names[r->request.mode],
				r->request.limit);
			return false;
		}
		die(STATUS_FAILED,
			"%s under %s: killed after %g s; --limit "
			"allows more",
			command, p->name, r->request.limit);
	case SAMPLER_NO_START:
		progress_end(&r->progress);
		errno = r->result.error;
		die(r->result.error == ENOENT ? STATUS_NOT_FOUND
					      : STATUS_NOT_RUNNABLE,
			"cannot run %s: %m", command);
	case SAMPLER_NO_EFFECT:
		progress_end(&r->progress);
		tell_errors(r->request.errors);
		die(STATUS_FAILED,
			"%s under %s: the preload had no effect; a static or "
			"setuid program takes none",
			command, p->name);
	}
	return false;
}

static void runner_note_output(struct runner *r, struct contender *p)
{
	char digest[SHA256_TEXT];
	const bool is_first = p->digest[0] == '\0';

	if (!sha256_file(r->request.output, digest))
		die(STATUS_FAILED, "cannot read %s: %m", r->request.output);
	if (is_first) {
		memcpy(p->digest, digest, sizeof p->digest);
		p->ndigests = 1;
		p->status = r->result.status;
		p->is_same_status = true;
	}
	if (memcmp(p->digest, digest, sizeof digest) != 0)
		p->ndigests = 2;
	if (p->status != r->result.status && p->is_same_status) {
		p->is_same_status = false;
		p->other_status = r->result.status;
		p->other_mode = mode_names[r->request.mode];
	}
	if (r->result.status == 0 || r->is_told)
		return;
	r->is_told = true;
	progress_end(&r->progress);
	warn("%s under %s: exit status %d in a run that was %s",
		r->c->command[0], p->name, r->result.status,
		mode_names[r->request.mode]);
	tell_errors(r->request.errors);
}

static double runner_left(const struct runner *r)
{
	return r->deadline > 0 ? r->deadline - now_seconds() : NAN;
}

/* One run of p, into r->result; false: it is of no use. */
static bool runner_run(struct runner *r, struct contender *p,
	enum sampler_mode mode, const char *what)
{
	request_fill(r, p, mode);
	if (mode == SAMPLER_PROFILED)
		request_profile(r, p);
	sampler_begin(&r->sampler, &r->request);
	do {
		progress_show(
			&r->progress, runner_left(r), "%s, %s", what, p->name);
		if (interrupted != 0) {
			progress_end(&r->progress);
			sampler_stop(&r->sampler);
			compare_clean_up();
			exit(128 + interrupted);
		}
	} while (!sampler_try_finish(&r->sampler, &r->result, PROGRESS_MS));
	if (!runner_check(r, p))
		return false;
	runner_note_output(r, p);
	return true;
}

/* ---- The phases ------------------------------------------------------ */

/* A program that is linked with an allocator gets glibc's by a preload. */
static bool runner_try_force_glibc(struct runner *r, struct contender *p)
{
	Dl_info libc;

	if (p->library != NULL || r->result.own_malloc[0] == '\0' ||
		dladdr((void *)gnu_get_libc_version, &libc) == 0)
		return false;
	p->library = must_copy(libc.dli_fname);
	progress_say(&r->progress,
		"%s brings %s; for %s, glibc's malloc is preloaded",
		r->c->command[0], r->result.own_malloc, p->name);
	return true;
}

static void runner_warm_up(struct runner *r)
{
	for (size_t i = 0; i < r->c->ncontenders; i++) {
		struct contender *p = &r->c->contenders[i];

		/* What is left out, or given up, is not known. */
		metrics_clear(&p->observed);
		metrics_clear(&p->traced);
		runner_run(r, p, SAMPLER_TIMED, "first run");
		if (runner_try_force_glibc(r, p))
			runner_run(r, p, SAMPLER_TIMED, "first run again");
		p->warmup = r->result.metrics;
	}
}

/* Seconds for all that is to come. */
static double runner_estimate(const struct runner *r)
{
	const struct compare_options *o = &r->c->options;
	double sum = 0;

	for (size_t i = 0; i < r->c->ncontenders; i++) {
		const struct contender *p = &r->c->contenders[i];
		const double once = p->warmup.value[METRIC_wall];
		const double further = OBSERVED_FACTOR +
				       (o->is_traced ? TRACED_FACTOR : 0) +
				       (o->is_profiled ? PROFILED_FACTOR : 0);

		sum += once * ((double)o->nruns + further) + o->idle +
		       (o->is_profiled ? PROFILE_SECONDS : 0);
	}
	return SLACK_FACTOR * sum + SLACK_SECONDS;
}

static void runner_tell_estimate(struct runner *r)
{
	struct comparison *c = r->c;
	char time[32];

	c->estimate = now_seconds() - r->start + runner_estimate(r);
	r->deadline = r->start + c->estimate;
	progress_say(&r->progress,
		"%zu runs under each of %zu allocators, and a look inside: "
		"at most %s",
		c->options.nruns, c->ncontenders,
		metric_format(time, sizeof time, UNIT_SECONDS, c->estimate));
}

/* The samples that the sampler has left. */
static void read_series(struct series *series, const char *folder, size_t n)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/series", folder);
	FILE *in = fopen(path, "re");
	if (in == NULL || n == 0) {
		if (in != NULL)
			fclose(in);
		return;
	}
	series->samples = must_calloc(n, sizeof *series->samples);
	series->n = fread(series->samples, sizeof *series->samples, n, in);
	fclose(in);
}

static void runner_observe(struct runner *r)
{
	for (size_t i = 0; i < r->c->ncontenders; i++) {
		struct contender *p = &r->c->contenders[i];

		if (!runner_run(r, p, SAMPLER_OBSERVED, "looking inside"))
			continue;
		p->observed = r->result.metrics;
		p->ledger = r->result.ledger;
		p->sizes = r->result.sizes;
		read_series(&p->series, r->c->scratch, r->result.nsamples);
	}
}

static void runner_trace(struct runner *r)
{
	for (size_t i = 0; i < r->c->ncontenders; i++) {
		struct contender *p = &r->c->contenders[i];

		if (!runner_run(r, p, SAMPLER_TRACED, "following system calls"))
			continue;
		p->traced = r->result.metrics;
	}
}

static void runner_profile(struct runner *r)
{
	for (size_t i = 0; i < r->c->ncontenders; i++) {
		struct contender *p = &r->c->contenders[i];

		if (!runner_run(r, p, SAMPLER_PROFILED, "sampling the heap"))
			continue;
		contender_read_profiles(p, r->c->scratch);
	}
}

/* Whether one more round fits into what was promised. */
static bool runner_has_time(const struct runner *r, double longest_round)
{
	return now_seconds() + longest_round < r->deadline;
}

static void runner_time(struct runner *r)
{
	struct comparison *c = r->c;
	double longest = 0;
	char what[64];

	for (size_t round = 0; round < c->options.nruns; round++) {
		const double start = now_seconds();

		if (round >= MIN_ROUNDS && !runner_has_time(r, longest)) {
			c->nrounds_cut = c->options.nruns - round;
			break;
		}
		snprintf(what, sizeof what, "round %zu of %zu", round + 1,
			c->options.nruns);
		/* A B, B A, A B: what drifts hits both alike. */
		for (size_t i = 0; i < c->ncontenders; i++) {
			const size_t at =
				round % 2 == 0 ? i : c->ncontenders - 1 - i;
			struct contender *p = &c->contenders[at];
			runner_run(r, p, SAMPLER_TIMED, what);
			p->runs[p->nruns++] = r->result.metrics;
		}
		longest = fmax(longest, now_seconds() - start);
	}
}

void compare_run_all(struct comparison *c)
{
	static struct runner r;
	const struct sigaction note = {.sa_handler = note_interrupt};

	r.c = c;
	sampler_start(&r.sampler, c->command);
	sigaction(SIGINT, &note, NULL);
	sigaction(SIGTERM, &note, NULL);
	sigaction(SIGHUP, &note, NULL);
	r.start = now_seconds();
	progress_begin(&r.progress);

	runner_warm_up(&r);
	runner_tell_estimate(&r);
	runner_observe(&r);
	if (c->options.is_traced)
		runner_trace(&r);
	if (c->options.is_profiled)
		runner_profile(&r);
	runner_time(&r);

	progress_end(&r.progress);
	sampler_stop(&r.sampler);
	c->took = now_seconds() - r.start;
}
