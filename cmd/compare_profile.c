/*
 * compare_profile: heap profiles of each contender, taken by the same means.
 *
 * goalloc samples itself; any other allocator has the recorder before it,
 * which is the same sampler.  Profiled runs are nobody's timed runs.
 *
 * The rate follows from what the run with the probe has counted: some ten
 * thousand samples tell call sites apart without slowing the program much.
 *
 * Of all processes of a run the one with the most memory in use at its peak
 * counts.
 */
#include "cmd/compare_profile.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/callsites.h"
#include "cmd/heapprof.h"
#include "cmd/locate.h"
#include "cmd/say.h"
#include "cmd/symbols.h"

enum {
	WANTED_SAMPLES = 20000,
	LEAST_RATE = 64,
	MOST_RATE = 512 << 10, /* Go's */
};

/* Mean bytes between two samples. */
static unsigned profile_rate(const struct contender *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < PROBE_NBUCKETS; i++)
		bytes += p->sizes.requested[i];
	const uint64_t rate = bytes / WANTED_SAMPLES;
	if (rate < LEAST_RATE)
		return LEAST_RATE;
	return rate > MOST_RATE ? MOST_RATE : (unsigned)rate;
}

/* The contender's own value of a variable, or NULL. */
static const char *contender_setting(
	const struct contender *p, const char *name)
{
	const size_t length = strlen(name);

	for (const char *s = p->settings; s != NULL && *s != '\0';
		s += strlen(s) + 1)
		if (strncmp(s, name, length) == 0 && s[length] == '=')
			return s + length + 1;
	return NULL;
}

struct profile_setup profile_setup_for(
	const struct contender *p, const char *folder)
{
	struct profile_setup setup = {0};
	const char *options = contender_setting(p, "GOALLOC");

	if (p->is_goalloc) {
		setup.preload = must_copy(p->library);
	} else {
		char *record = locate_library("libgoalloc-record.so");
		setup.preload = must_format("%s%s%s", record,
			p->library != NULL ? ":" : "",
			p->library != NULL ? p->library : "");
		free(record);
	}
	setup.options = must_format(
		"GOALLOC=%s%sprofile=%s/heap,profile_peak=1,profile_listen=0",
		options != NULL ? options : "", options != NULL ? "," : "",
		folder);
	setup.rate = must_format(
		"GOALLOC_GODEBUG=memprofilerate=%u", profile_rate(p));
	return setup;
}

void profile_setup_free(struct profile_setup *setup)
{
	free(setup->preload);
	free(setup->options);
	free(setup->rate);
	*setup = (struct profile_setup){0};
}

/* The profile with the most in use, and its file's PID. */
static struct heapprof *read_greatest(const char *pattern, int *pid)
{
	struct heapprof *greatest = NULL;
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return NULL;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct heapprof *p = heapprof_read(found.gl_pathv[i]);

		if (greatest != NULL &&
			heapprof_total(p, INUSE_SPACE) <=
				heapprof_total(greatest, INUSE_SPACE)) {
			heapprof_free(p);
			continue;
		}
		if (greatest != NULL)
			heapprof_free(greatest);
		greatest = p;
		*pid = atoi(strstr(found.gl_pathv[i], "/heap.") + 6);
	}
	globfree(&found);
	return greatest;
}

static void remove_matching(const char *pattern)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		unlink(found.gl_pathv[i]);
	globfree(&found);
}

void contender_read_profiles(struct contender *p, const char *folder)
{
	int pid = 0;
	char *peaks = must_format("%s/heap.*.peak.pb.gz", folder);
	char *all = must_format("%s/heap.*", folder);

	p->peak = read_greatest(peaks, &pid);
	if (p->peak != NULL) {
		char *exit_of =
			must_format("%s/heap.%d.exit.pb.gz", folder, pid);
		symbols_resolve(p->peak);
		p->exit = read_greatest(exit_of, &pid);
		if (p->exit != NULL)
			symbols_resolve(p->exit);
		free(exit_of);
	}
	remove_matching(all);
	free(all);
	free(peaks);
}

static FILE *open_in_report(
	const struct comparison *c, const char *name, const char *suffix)
{
	char *path = must_format("%s/%s%s", c->folder, name, suffix);

	/* A contender's name may be a setting with a path in it. */
	for (char *s = path + strlen(c->folder) + 1; *s != '\0'; s++)
		if (*s == '/')
			*s = '-';
	FILE *out = fopen(path, "we");
	if (out == NULL)
		die(STATUS_FAILED, "cannot write %s: %m", path);
	free(path);
	return out;
}

static void close_report(FILE *out, bool is_written)
{
	if (fclose(out) != 0 || !is_written)
		die(STATUS_FAILED, "cannot write a profile: %m");
}

static void write_profiles_of(
	const struct comparison *c, const struct contender *p)
{
	struct heapprof *both[] = {p->peak, p->exit};
	const size_t n = p->exit != NULL ? 2 : 1;

	FILE *out = open_in_report(c, p->name, ".peak.pb.gz");
	close_report(out, heapprof_write_pb(p->peak, out));
	out = open_in_report(c, p->name, ".peak.folded");
	close_report(out, heapprof_write_folded(p->peak, INUSE_SPACE, out));
	out = open_in_report(c, p->name, ".massif");
	close_report(out, heapprof_write_massif(both, n, INUSE_SPACE, out));
	if (p->exit == NULL)
		return;
	out = open_in_report(c, p->name, ".exit.pb.gz");
	close_report(out, heapprof_write_pb(p->exit, out));
}

void compare_write_profiles(const struct comparison *c)
{
	for (size_t i = 0; i < c->ncontenders; i++)
		if (c->contenders[i].peak != NULL)
			write_profiles_of(c, &c->contenders[i]);
}
