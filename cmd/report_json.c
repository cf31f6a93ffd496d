/*
 * report_json: everything that a comparison knows, for programs.
 *
 * Units are those of metrics.h: seconds, bytes, counts.  What is not known
 * is null.  "schema" grows when a name changes or goes away.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/compare.h"
#include "cmd/json.h"
#include "cmd/report.h"
#include "cmd/say.h"

enum { SCHEMA = 1 };

static const char *const outcome_words[] = {
	[OUTCOME_SAME] = "same",
	[OUTCOME_VARIES] = "varies",
	[OUTCOME_OUTPUT] = "output differs",
	[OUTCOME_STATUS] = "status differs",
};

static void write_machine(struct json *j, const struct machine *m)
{
	json_object(j, "machine");
	json_string(j, "time", m->time);
	json_string(j, "kernel", m->kernel);
	json_string(j, "architecture", m->architecture);
	json_string(j, "processor", m->processor);
	json_number(j, "cpus", m->ncpus);
	json_number(j, "memory", (double)m->memory);
	json_string(j, "transparent_huge_pages", m->thp);
	json_string(j, "cgroup_memory_limit", m->cgroup);
	json_string(j, "libc", m->libc);
	json_end_object(j);
}

/* Every run's value of one figure. */
static void write_runs(
	struct json *j, const struct contender *p, enum metric metric)
{
	if (metric_table[metric].source != FROM_TIMED)
		return;
	json_array(j, "runs", true);
	for (size_t i = 0; i < p->nruns; i++)
		json_number(j, NULL, p->runs[i].value[metric]);
	json_end_array(j);
}

static void write_finding(struct json *j, const struct contender *p,
	enum metric metric, bool is_base)
{
	const struct finding *f = &p->findings[metric];

	if (f->median.n == 0)
		return;
	json_object(j, metric_table[metric].key);
	json_number(j, "median", f->median.median);
	json_number(j, "low", f->median.low);
	json_number(j, "high", f->median.high);
	json_number(j, "coverage", f->median.coverage);
	write_runs(j, p, metric);
	if (!is_base) {
		json_object(j, "against_base");
		json_bool(j, "relative", f->shift.is_relative);
		json_number(j, "shift", f->shift.shift);
		json_number(j, "low", f->shift.low);
		json_number(j, "high", f->shift.high);
		json_number(j, "coverage", f->shift.coverage);
		json_bool(j, "distinct", finding_is_distinct(f));
		json_end_object(j);
	}
	json_end_object(j);
}

static void write_ledger(struct json *j, const struct ledger *ledger)
{
	if (!ledger->is_known)
		return;
	json_object(j, "ledger");
	json_number(j, "time", ledger->t);
	json_number(j, "rss", ledger->rss);
	json_object(j, "rows");
	for (int i = 0; i < LEDGER_NROWS; i++)
		json_number(j, ledger_table[i].key, ledger->row[i]);
	json_end_object(j);
	json_number(j, "gap", ledger_gap(ledger));
	json_end_object(j);
}

static void write_column(struct json *j, const char *key,
	const struct series *series, size_t offset)
{
	json_array(j, key, true);
	for (size_t i = 0; i < series->n; i++) {
		const char *sample = (const char *)&series->samples[i];
		const double *value = (const void *)(sample + offset);
		json_number(j, NULL, *value);
	}
	json_end_array(j);
}

static void write_series(struct json *j, const struct series *series)
{
	json_object(j, "series");
#define COLUMN(name)                                                           \
	write_column(j, #name, series, offsetof(struct sample, name));
	FOR_EACH_SAMPLE_COLUMN(COLUMN)
#undef COLUMN
	json_end_object(j);
}

static void write_sizes(struct json *j, const struct ledger_sizes *sizes)
{
	json_array(j, "sizes", false);
	for (size_t i = 0; i < PROBE_NBUCKETS; i++) {
		if (sizes->nrequests[i] == 0)
			continue;
		json_object(j, NULL);
		json_number(j, "up_to", (double)probe_bucket_top(i));
		json_number(j, "requests", (double)sizes->nrequests[i]);
		json_number(j, "requested", (double)sizes->requested[i]);
		json_number(j, "usable", (double)sizes->usable[i]);
		json_end_object(j);
	}
	json_end_array(j);
}

enum { MOST_SITES = 100 };

/* Against the base, which is "base" in each. */
static void write_site(struct json *j, const struct callsite *s)
{
	static const char *const values[] = {
		"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"};
	static const char *const sides[] = {"base", "own"};

	json_object(j, NULL);
	json_string(j, "function", s->function);
	json_string(j, "file", s->file);
	json_number(j, "line", (double)s->line);
	json_bool(j, "distinct", s->is_distinct);
	for (int i = 0; i < CALLSITES_SIDES; i++) {
		json_object(j, sides[i]);
		for (int k = 0; k < HEAPPROF_NVALUES; k++)
			json_number(j, values[k], s->values[i][k]);
		json_number(j, "inuse_space_with_callees", s->cumulative[i]);
		json_number(j, "pinned", s->pinned[i]);
		json_end_object(j);
	}
	json_end_object(j);
}

static void write_sites(struct json *j, const struct callsites *sites)
{
	json_array(j, "call_sites", false);
	for (size_t i = 0; i < sites->n && i < MOST_SITES; i++)
		write_site(j, &sites->at[i]);
	json_end_array(j);
}

static void write_contender(
	struct json *j, const struct contender *p, bool is_base)
{
	json_object(j, NULL);
	json_string(j, "name", p->name);
	json_string(j, "version", p->version);
	json_string(j, "library", p->library != NULL ? p->library : "");
	json_array(j, "settings", true);
	for (const char *s = p->settings; s != NULL && *s != '\0';
		s += strlen(s) + 1)
		json_string(j, NULL, s);
	json_end_array(j);
	json_number(j, "status", p->status);
	json_string(j, "output_sha256", p->digest);
	json_bool(j, "output_steady", p->ndigests == 1);
	json_number(j, "runs", (double)p->nruns);
	json_object(j, "figures");
	for (int i = 0; i < NMETRICS; i++)
		write_finding(j, p, i, is_base);
	json_end_object(j);
	write_ledger(j, &p->ledger);
	write_series(j, &p->series);
	write_sizes(j, &p->sizes);
	if (!is_base)
		write_sites(j, &p->sites);
	json_end_object(j);
}

bool report_json(const struct comparison *c)
{
	char *path = must_format("%s/report.json", c->folder);
	FILE *out = fopen(path, "we");
	struct json j = {.out = out};

	free(path);
	if (out == NULL)
		return false;
	json_object(&j, NULL);
	json_number(&j, "schema", SCHEMA);
	json_array(&j, "command", true);
	for (char **word = c->command; *word != NULL; word++)
		json_string(&j, NULL, *word);
	json_end_array(&j);
	write_machine(&j, &c->machine);
	json_string(&j, "outcome", outcome_words[c->outcome]);
	json_number(&j, "estimate", c->estimate);
	json_number(&j, "took", c->took);
	json_number(&j, "rounds_left_out", (double)c->nrounds_cut);
	json_string(&j, "base", c->contenders[0].name);
	json_array(&j, "contenders", false);
	for (size_t i = 0; i < c->ncontenders; i++)
		write_contender(&j, &c->contenders[i], i == 0);
	json_end_array(&j);
	json_end_object(&j);
	return fclose(out) == 0;
}
