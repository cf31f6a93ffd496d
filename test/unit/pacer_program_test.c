/*
 * pacer_program_test: the pacer and the CPU limit against simulated programs.
 *
 * A program is rates and sizes, which may change from cycle to cycle.  It
 * allocates until the trigger; then marking and the program share the
 * processors step by step, as the price of an assist at that moment says:
 * what is allocated at a rate a must be paid by scanning at a rate s, so the
 * share u of the processors that marks has u * s = price * (1 - u) * a, and
 * is a quarter at least.  What is allocated during a mark survives it.
 */
#include "gc/cpulimit.h"
#include "gc/pacer.h"

#include <stdbool.h>

#include "test/unit/unit.h"

#define MIB   ((double)(1 << 20))
#define GIB   (1024 * MIB)
#define NS    1e6  /* in a ms */
#define STEP  0.25 /* ms; the price is revised so often */
#define PAUSE 0.05 /* ms; the world stops twice in a cycle */

enum {
	NCYCLES_MAX = 120,
	NSTEPS_MAX = 100000, /* in one mark */
	THRASH_MS = 12000,   /* of a program that thrashes */
	THRASH_NCYCLES_MAX = 100000,
};

/* What may change from one cycle to the next, drawn. */
enum shape {
	STEADY, /* the base */
	RAMP,   /* from the base to the top, in equal steps */
	JUMP,   /* the base, and from the middle on the top */
	SPIKE,  /* the base, but in every tenth cycle the top */
	JITTER, /* anything from the base to the top */
	WAVE,   /* up to the top and back, again and again */
};

/* The same number in every cycle. */
#define AT(x)                                                                  \
	{                                                                      \
		STEADY, (x), (x)                                               \
	}

/* A number per cycle. */
struct curve {
	enum shape shape;
	double base, top;
};

/* From the least to the most; all zero: anything. */
struct range {
	double least, most;
};

static const struct program {
	const char *name;
	int64_t gogc;
	double limit; /* GOMEMLIMIT in bytes; 0: none */
	unsigned nprocs;
	int ncycles;
	double scan;            /* bytes a processor scans per ms */
	struct curve alloc;     /* bytes a processor allocates per ms */
	struct curve live;      /* bytes reachable when the mark begins */
	double stacks, globals; /* bytes; scanned as well */
	double others;          /* bytes in use that are not the heap's */

	/* What must come of it, in every cycle but the first `from`. */
	int from;
	struct range ratio;       /* live heap at the end, of the goal */
	struct range utilization; /* share of the processors that marks */
	struct range used;        /* memory in use, of the limit */
	struct range share;       /* as utilization, from start to end */
} programs[] = {
	/* The runway fits: marking ends at the goal, without assists. */
	{"steady", 100, 0, 4, 20, MIB, AT(MIB / 8), AT(256 * MIB), .from = 6,
		.ratio = {0.99, 1.001}, .utilization = {0.25, 0.251},
		.share = {0.05, 0.1}},
	{"steady_on_one_processor", 100, 0, 1, 20, MIB, AT(MIB / 8),
		AT(256 * MIB), .from = 6, .ratio = {0.99, 1.001},
		.utilization = {0.25, 0.251}},
	{"steady_on_many", 100, 0, 64, 20, MIB, AT(MIB / 8), AT(4 * GIB),
		.from = 10, .ratio = {0.99, 1.001},
		.utilization = {0.25, 0.251}},
	{"steady_at_four_times", 400, 0, 4, 20, MIB, AT(MIB / 8), AT(256 * MIB),
		.from = 6, .ratio = {0.99, 1.001}, .utilization = {0.25, 0.251},
		.share = {0.01, 0.03}},
	{"small", 100, 0, 4, 20, MIB, AT(MIB / 8), AT(MIB), .from = 1,
		.ratio = {0.99, 1.001}, .utilization = {0.25, 0.251}},
	{"large_roots", 100, 0, 4, 20, MIB, AT(MIB / 8), AT(64 * MIB), 8 * MIB,
		32 * MIB, .from = 3, .ratio = {0.99, 1.001},
		.utilization = {0.25, 0.251}},

	/* What was learned holds while sizes and rates change slowly. */
	{"heap_ramps_up", 100, 0, 4, 60, MIB, AT(MIB / 8),
		{RAMP, 16 * MIB, 512 * MIB}, .from = 5, .ratio = {0.99, 1.03},
		.utilization = {0.25, 0.251}},
	{"allocation_ramps_up", 100, 0, 4, 60, MIB, {RAMP, MIB / 16, MIB / 4},
		AT(64 * MIB), .from = 5, .ratio = {0.99, 1.001},
		.utilization = {0.25, 0.38}},

	/*
	 * After a jump the old runway is too short, and assists pay for it
	 * until the new one is learned: at an eighth no longer.
	 */
	{"allocation_jumps", 100, 0, 4, 24, MIB, {JUMP, MIB / 32, MIB / 8},
		AT(64 * MIB), .from = 17, .ratio = {0.99, 1.001},
		.utilization = {0.25, 0.255}},
	{"allocation_jumps_at_once", 100, 0, 4, 13, MIB,
		{JUMP, MIB / 32, MIB / 8}, AT(64 * MIB), .from = 5,
		.ratio = {0.99, 1.001}, .utilization = {0.25, 0.6}},
	{"heap_jumps", 100, 0, 4, 24, MIB, AT(MIB / 8),
		{JUMP, 64 * MIB, 256 * MIB}, .from = 14, .ratio = {0.99, 1.001},
		.utilization = {0.25, 0.251}},
	{"heap_jumps_at_once", 100, 0, 4, 13, MIB, AT(MIB / 8),
		{JUMP, 64 * MIB, 256 * MIB}, .from = 5, .ratio = {0.99, 1.25},
		.utilization = {0.25, 0.3}},

	/* The greatest of five measurements: early for some cycles after. */
	{"allocation_spikes", 100, 0, 4, 60, MIB, {SPIKE, MIB / 16, MIB / 4},
		AT(64 * MIB), .from = 5, .ratio = {0.9, 1.001},
		.utilization = {0.25, 0.6}, .share = {0.03, 0.1}},
	{"both_spike", 100, 0, 4, 60, MIB, {SPIKE, MIB / 16, MIB / 2},
		{SPIKE, 64 * MIB, 128 * MIB}, .from = 5, .ratio = {0.85, 1.1},
		.utilization = {0.25, 0.75}, .share = {0.03, 0.1}},
	{"both_jitter", 100, 0, 4, 100, MIB, {JITTER, MIB / 16, MIB / 4},
		{JITTER, 64 * MIB, 128 * MIB}, .from = 5, .ratio = {0.85, 1.15},
		.utilization = {0.25, 0.45}},
	{"both_come_and_go", 100, 0, 4, 100, MIB, {WAVE, MIB / 16, MIB / 4},
		{WAVE, 64 * MIB, 128 * MIB}, .from = 5, .ratio = {0.9, 1.07},
		.utilization = {0.25, 0.4}},

	/* Each cycle scans twice as much as the one before it. */
	{"leak", 100, 0, 4, 9, MIB, AT(MIB / 8), AT(1000 * GIB), .from = 1,
		.ratio = {0.99, 1.25}, .utilization = {0.25, 0.3}},

	/* The runway cannot be long enough: assists keep the goal. */
	{"heavy_allocation", 100, 0, 4, 24, MIB, AT(MIB), AT(64 * MIB),
		.from = 4, .ratio = {0.99, 1.01}, .utilization = {0.6, 0.75}},
	{"heavier_allocation", 100, 0, 4, 24, MIB, AT(8 * MIB), AT(64 * MIB),
		.from = 4, .ratio = {0.99, 1.01}, .utilization = {0.9, 0.96}},

	/* The lesser of the two goals counts. */
	{"limit_alone", -1, 256 * MIB, 4, 24, MIB, AT(MIB / 8), AT(64 * MIB),
		.others = 20 * MIB, .from = 1, .ratio = {0.99, 1.001},
		.utilization = {0.25, 0.251}, .used = {0.95, 0.98}},
	{"limit_first_cycle", -1, 256 * MIB, 4, 1, MIB, AT(MIB / 8),
		AT(64 * MIB), .others = 20 * MIB, .used = {0.95, 1.02}},
	{"limit_beyond_gogc", 100, 256 * MIB, 4, 24, MIB, AT(MIB / 8),
		AT(64 * MIB), .others = 20 * MIB, .from = 5,
		.ratio = {0.99, 1.001}, .utilization = {0.25, 0.251},
		.used = {0.7, 0.8}},
	{"limit_just_above_what_is_live", 100, 256 * MIB, 4, 24, MIB,
		AT(MIB / 8), AT(200 * MIB), .others = 20 * MIB, .from = 6,
		.ratio = {0.99, 1.001}, .utilization = {0.25, 0.991},
		.used = {0.95, 0.98}},
	{"limit_and_jitter", 100, 256 * MIB, 4, 100, MIB,
		{JITTER, MIB / 16, MIB / 4}, {JITTER, 64 * MIB, 160 * MIB},
		.others = 20 * MIB, .from = 5, .ratio = {0.8, 1.2},
		.utilization = {0.25, 0.991}, .used = {0.5, 1.05}},
};

/* A number from 0 to 1 that looks random; the same in every run. */
static double jitter(unsigned i)
{
	uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 32;
	return (double)(x % 1000) / 999;
}

static double curve_at(const struct curve *c, int i, int n)
{
	const double rise = c->top - c->base;

	switch (c->shape) {
	case STEADY: return c->base;
	case RAMP: return c->base + rise * i / (n - 1);
	case JUMP: return i < n / 2 ? c->base : c->top;
	case SPIKE: return i % 10 == 9 ? c->top : c->base;
	case JITTER: return c->base + rise * jitter((unsigned)i);
	case WAVE: return c->base + rise * (i % 10 < 5 ? i % 5 : 5 - i % 5) / 5;
	}
	return 0;
}

/* What a cycle came to. */
struct result {
	double ratio, utilization, used; /* as in struct program */
	double peak;                     /* bytes */
};

/* A program that runs; sizes in bytes, times in ms. */
struct sim {
	const struct program *program;
	struct pacer pacer;
	struct cpulimit limit;
	double now;
	double heap_live;
	double mapped;
	double gc_cpu;
	struct result results[NCYCLES_MAX];
};

static void sim_init(struct sim *s, const struct program *p)
{
	*s = (struct sim){.program = p, .mapped = p->others};
	pacer_init(&s->pacer, p->gogc,
		p->limit > 0 ? (int64_t)p->limit : INT64_MAX);
	cpulimit_init(&s->limit, p->nprocs, 0);
}

static struct pacer_goal sim_goal(struct sim *s)
{
	const double used = s->program->others + s->heap_live;

	if (s->mapped < used)
		s->mapped = used;
	const struct pacer_memory m = {
		.mapped = (uint64_t)s->mapped,
		.heap_free = (uint64_t)(s->mapped - used),
		.heap_alloc = (uint64_t)s->heap_live,
	};
	return pacer_goal(&s->pacer, &m);
}

/* Free pages go back to the OS until 95 % of the limit are left. */
static void sim_scavenge(struct sim *s)
{
	const double used = s->program->others + s->heap_live;
	const double keep = 0.95 * s->program->limit;

	if (s->program->limit > 0 && s->mapped > keep)
		s->mapped = used > keep ? used : keep;
}

static void sim_pause(struct sim *s)
{
	s->now += PAUSE;
	s->gc_cpu += PAUSE * s->program->nprocs;
	cpulimit_note_stopped(&s->limit, (uint64_t)(s->now * NS));
}

/* The program alone, until the trigger. */
static void sim_run_to_trigger(struct sim *s, double alloc)
{
	const struct cpulimit_use use = {0};
	const double trigger = (double)sim_goal(s).trigger;

	if (trigger > s->heap_live) {
		s->now +=
			(trigger - s->heap_live) / (alloc * s->program->nprocs);
		s->heap_live = trigger;
	}
	cpulimit_note(&s->limit, (uint64_t)(s->now * NS), &use);
}

/* The share of the processors that marks now. */
static double sim_utilization(struct sim *s, double scanned, double alloc)
{
	const double roots = s->program->stacks + s->program->globals;
	const struct pacer_progress progress = {
		.heap_live = (uint64_t)s->heap_live,
		.scanned = (uint64_t)scanned,
		.scan_max = (uint64_t)(s->heap_live + roots),
	};
	const struct pacer_assist a =
		pacer_revise(&s->pacer, sim_goal(s).goal, &progress);
	const double paid = a.work_per_byte * alloc;
	const double u = paid / (paid + s->program->scan);

	return s->limit.is_limiting || u < PACER_UTILIZATION ? PACER_UTILIZATION
							     : u;
}

/* Marks work bytes beside the program; how long all took is in *c. */
static void sim_mark(
	struct sim *s, double work, double alloc, struct pacer_cycle *c)
{
	const unsigned nprocs = s->program->nprocs;
	struct cpulimit_use use = {0};
	double scanned = 0, assist = 0, began = s->now;
	int nsteps = 0;

	while (scanned < work) {
		ck_assert_int_lt(nsteps++, NSTEPS_MAX);
		const double u = sim_utilization(s, scanned, alloc);
		const double rate = u * nprocs * s->program->scan;
		const double left = (work - scanned) / rate;
		const double ms = left < STEP ? left : STEP;
		scanned += left < STEP ? work : rate * ms;
		s->heap_live += (1 - u) * nprocs * alloc * ms;
		s->now += ms;
		s->gc_cpu += u * nprocs * ms;
		assist += (u - PACER_UTILIZATION) * nprocs * ms;
		use.background_ns +=
			(uint64_t)(PACER_UTILIZATION * nprocs * ms * NS);
		use.assist_ns +=
			(uint64_t)((u - PACER_UTILIZATION) * nprocs * ms * NS);
		const uint64_t now_ns = (uint64_t)(s->now * NS);
		if (cpulimit_is_due(&s->limit, now_ns)) {
			cpulimit_note(&s->limit, now_ns, &use);
			use = (struct cpulimit_use){0};
		}
	}
	cpulimit_note(&s->limit, (uint64_t)(s->now * NS), &use);
	c->duration_ns = (uint64_t)((s->now - began) * NS);
	c->assist_ns = (uint64_t)(assist * NS);
}

static void sim_cycle(struct sim *s, int i)
{
	const struct program *p = s->program;
	const double alloc = curve_at(&p->alloc, i, p->ncycles);
	const double reachable = curve_at(&p->live, i, p->ncycles);
	struct pacer_cycle c = {.nprocs = p->nprocs};

	sim_run_to_trigger(s, alloc);
	const double triggered = s->heap_live;
	const double live = reachable < triggered ? reachable : triggered;
	sim_pause(s);
	pacer_start_cycle(&s->pacer, (uint64_t)triggered);
	sim_mark(s, live + p->stacks + p->globals, alloc, &c);
	sim_pause(s);

	c.goal = sim_goal(s).goal;
	c.heap_live = (uint64_t)s->heap_live;
	c.heap_marked = (uint64_t)(live + s->heap_live - triggered);
	c.scan = (struct pacer_scan){
		(uint64_t)live, (uint64_t)p->stacks, (uint64_t)p->globals};
	const struct pacer_outcome o = pacer_end_cycle(&s->pacer, &c);
	s->results[i] = (struct result){
		.ratio = s->heap_live / (double)c.goal,
		.utilization = o.utilization,
		.used = p->limit > 0 ? s->mapped / p->limit : 0,
		.peak = s->heap_live,
	};
	s->heap_live = (double)c.heap_marked;
	pacer_commit(&s->pacer, c.heap_marked, true);
	sim_scavenge(s);
}

static void sim_run(struct sim *s, const struct program *p)
{
	sim_init(s, p);
	for (int i = 0; i < p->ncycles; i++)
		sim_cycle(s, i);
}

static double sim_share(const struct sim *s)
{
	return s->gc_cpu / (s->now * s->program->nprocs);
}

static bool range_has(const struct range *r, double x)
{
	return (r->least == 0 && r->most == 0) ||
	       (x >= r->least && x <= r->most);
}

START_TEST(test_program)
{
	static struct sim s;
	const struct program *p = &programs[_i];

	sim_run(&s, p);
	for (int i = p->from; i < p->ncycles; i++) {
		const struct result *r = &s.results[i];
		ck_assert_msg(
			range_has(&p->ratio, r->ratio) &&
				range_has(&p->utilization, r->utilization) &&
				range_has(&p->used, r->used),
			"%s, cycle %d: %.3f of the goal, %.3f of the "
			"processors, %.3f of the limit",
			p->name, i, r->ratio, r->utilization, r->used);
	}
	ck_assert_msg(range_has(&p->share, sim_share(&s)), "%s: share %.3f",
		p->name, sim_share(&s));
}
END_TEST

/* GOGC trades memory for CPU time, to the figure. */
START_TEST(test_gogc_row)
{
	static const int64_t row[] = {25, 50, 100, 200, 400, 1000};
	static struct sim s;
	struct program p = programs[0];
	double share = 1;

	for (size_t i = 0; i < UNIT_COUNT(row); i++) {
		p.gogc = row[i];
		p.ncycles = 50;
		sim_run(&s, &p);
		const double peak = s.results[p.ncycles - 1].peak;
		const double marked = (double)s.pacer.heap_marked;
		const double wanted = marked * (1 + (double)row[i] / 100);
		ck_assert_msg(peak > 0.99 * wanted && peak < 1.01 * wanted,
			"GOGC=%d: peak %.0f MiB of %.0f", (int)row[i],
			peak / MIB, wanted / MIB);
		ck_assert_msg(sim_share(&s) < 0.75 * share,
			"GOGC=%d: share %.3f after %.3f", (int)row[i],
			sim_share(&s), share);
		share = sim_share(&s);
	}
}
END_TEST

/*
 * A limit below what is live: for ever in a collection.  The bucket's second
 * may be spent beyond a half, once.
 */
static const struct program thrashing[] = {
	{"live_beyond_the_limit", 100, 128 * MIB, 4, 2, MIB, AT(MIB),
		AT(256 * MIB), .others = 20 * MIB},
	{"others_beyond_the_limit", 100, 128 * MIB, 2, 2, MIB, AT(MIB),
		AT(256 * MIB), .globals = 8 * MIB, .others = 140 * MIB},
	{"all_allocation", 100, 256 * MIB, 4, 2, MIB, AT(32 * MIB),
		AT(250 * MIB), .others = 0},
	{"leak_beyond_the_limit", 100, 128 * MIB, 4, 2, MIB, AT(MIB / 4),
		AT(1000 * GIB), .others = 20 * MIB},
};

START_TEST(test_limit_on_cpu_time)
{
	static struct sim s;
	const struct program *p = &thrashing[_i];

	sim_init(&s, p);
	for (int i = 0; i < THRASH_NCYCLES_MAX && s.now < THRASH_MS; i++)
		sim_cycle(&s, i % 2);
	const double most = 0.5 * (1 + 1000 / s.now) + 0.001;
	ck_assert_msg(s.now >= THRASH_MS, "%s: only %.0f ms", p->name, s.now);
	ck_assert_msg(sim_share(&s) > 0.45 && sim_share(&s) < most,
		"%s: share %.3f, most %.3f", p->name, sim_share(&s), most);
}
END_TEST

static void pacer_program_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_program, programs);
	UNIT_TEST(tests, test_gogc_row);
	UNIT_TABLE(tests, test_limit_on_cpu_time, thrashing);
}
UNIT_MAIN("pacer_program", pacer_program_suite)
