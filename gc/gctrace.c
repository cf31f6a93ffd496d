/*
 * gctrace: Go's trace lines from numbers.
 *
 *   gc 9 @8.390s 16%: 5.0+975+0.85 ms clock, 10+85/509/557+1.7 ms cpu,
 *      |       |  |   stop, mark, stop       stop, assist/background/idle,
 *      cycle   |  CPU share so far           stop
 *              since the start
 *   856->987->502 MB, 1005 MB goal, 0 MB stacks, 0 MB globals, 2 P
 *   live at start, at end, marked                  processors, " (forced)"
 *
 * The stops cost all processors their wall time.  MB are MiB, cut.
 *
 * Locking:    none.
 * Context:    any; no libc, so that the collector's threads may call it.
 */
#include "gc/gctrace.h"

#include <unistd.h>

#include "core/fatal.h"
#include "core/options.h"
#include "core/syscall.h"

enum {
	NS_PER_US = 1000,
	NS_PER_MS = 1000000,
	WHOLE_MS = 10,    /* from here on a time has no decimals */
	MS_DECIMALS = 3,  /* at most */
	FLOAT_DIGITS = 7, /* of a number, one of them before the point */
	MIB_SHIFT = 20,
};

/* n / 10^decimals with so many decimals; returns the length. */
static size_t gctrace_format_fixed(
	char *buf, size_t size, uint64_t n, unsigned decimals)
{
	uint64_t unit = 1;

	for (unsigned i = 0; i < decimals; i++)
		unit *= 10;
	size_t len = format(buf, size, "%lu", n / unit);
	if (decimals > 0)
		len += format(buf + len, size - len, ".");
	for (unit /= 10; unit > 0; unit /= 10)
		len += format(buf + len, size - len, "%lu", n / unit % 10);
	return len;
}

unsigned gctrace_percent(
	uint64_t gc_cpu_ns, uint64_t elapsed_ns, unsigned nprocs)
{
	const double all = (double)elapsed_ns * nprocs;

	return all > 0 ? (unsigned)(100 * (double)gc_cpu_ns / all) : 0;
}

size_t gctrace_format_ms(char buf[GCTRACE_MS_SIZE], uint64_t ns)
{
	unsigned decimals = MS_DECIMALS;
	uint64_t n = ns / NS_PER_US;

	if (ns >= WHOLE_MS * (uint64_t)NS_PER_MS)
		return format(buf, GCTRACE_MS_SIZE, "%lu", ns / NS_PER_MS);
	if (n == 0)
		return format(buf, GCTRACE_MS_SIZE, "0");
	for (; n >= 100; n /= 10)
		decimals--;
	return gctrace_format_fixed(buf, GCTRACE_MS_SIZE, n, decimals);
}

/* The digits of x in [1, 10), cut; x has been rounded. */
static size_t gctrace_format_mantissa(char *buf, size_t size, double x)
{
	size_t len = 0;

	for (int i = 0; i < FLOAT_DIGITS; i++) {
		const int digit = (int)x;
		len += format(
			buf + len, size - len, i == 1 ? ".%d" : "%d", digit);
		x = (x - digit) * 10;
	}
	return len;
}

size_t gctrace_format_float(char buf[GCTRACE_FLOAT_SIZE], double x)
{
	const char sign = x < 0 ? '-' : '+';
	double rounding = 5;
	int exponent = 0;

	if (x != x)
		return format(buf, GCTRACE_FLOAT_SIZE, "NaN");
	if (x < 0)
		x = -x;
	if (x > __DBL_MAX__)
		return format(buf, GCTRACE_FLOAT_SIZE, "%cInf", sign);
	for (; x >= 10; x /= 10)
		exponent++;
	for (; x != 0 && x < 1; x *= 10)
		exponent--;
	for (int i = 0; i < FLOAT_DIGITS; i++)
		rounding /= 10;
	if (x != 0)
		x += rounding;
	if (x >= 10) {
		exponent++;
		x /= 10;
	}
	size_t len = format(buf, GCTRACE_FLOAT_SIZE, "%c", sign);
	len += gctrace_format_mantissa(buf + len, GCTRACE_FLOAT_SIZE - len, x);
	const int e = exponent < 0 ? -exponent : exponent;
	return len + format(buf + len, GCTRACE_FLOAT_SIZE - len, "e%c%d%d%d",
			     exponent < 0 ? '-' : '+', e / 100, e / 10 % 10,
			     e % 10);
}

/* A time of all processors. */
static uint64_t gctrace_stop_cpu(const struct gctrace_cycle *c, uint64_t ns)
{
	return ns * c->nprocs;
}

static size_t gctrace_format_times(
	char *buf, size_t size, const struct gctrace_cycle *c)
{
	const struct {
		uint64_t ns;       /* the time */
		const char *after; /* what follows it */
	} times[] = {
		{c->stop_start_ns, "+"},
		{c->mark_ns, "+"},
		{c->stop_end_ns, " ms clock, "},
		{gctrace_stop_cpu(c, c->stop_start_ns), "+"},
		{c->assist_ns, "/"},
		{c->background_ns, "/"},
		{c->idle_ns, "+"},
		{gctrace_stop_cpu(c, c->stop_end_ns), " ms cpu, "},
	};
	char ms[GCTRACE_MS_SIZE];
	size_t len = 0;

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		gctrace_format_ms(ms, times[i].ns);
		len += format(
			buf + len, size - len, "%s%s", ms, times[i].after);
	}
	return len;
}

size_t gctrace_format_cycle(
	char buf[GCTRACE_LINE_MAX], const struct gctrace_cycle *c)
{
	char seconds[GCTRACE_MS_SIZE];
	size_t len;

	gctrace_format_fixed(
		seconds, sizeof seconds, c->start_ns / NS_PER_MS, 3);
	len = format(buf, GCTRACE_LINE_MAX, "gc %u @%ss %u%%: ", c->number,
		seconds, c->percent);
	len += gctrace_format_times(buf + len, GCTRACE_LINE_MAX - len, c);
	len += format(buf + len, GCTRACE_LINE_MAX - len,
		"%lu->%lu->%lu MB, %lu MB goal, ", c->heap_start >> MIB_SHIFT,
		c->heap_end >> MIB_SHIFT, c->heap_marked >> MIB_SHIFT,
		c->goal >> MIB_SHIFT);
	return len + format(buf + len, GCTRACE_LINE_MAX - len,
			     "%lu MB stacks, %lu MB globals, %u P%s\n",
			     c->stacks >> MIB_SHIFT, c->globals >> MIB_SHIFT,
			     c->nprocs, c->is_forced ? " (forced)" : "");
}

size_t gctrace_format_plan(
	char buf[GCTRACE_LINE_MAX], const struct gctrace_plan *plan)
{
	char ratio[GCTRACE_FLOAT_SIZE], fractional[GCTRACE_FLOAT_SIZE];

	gctrace_format_float(ratio, plan->work_per_byte);
	gctrace_format_float(fractional, plan->workers.fractional);
	return format(buf, GCTRACE_LINE_MAX,
		"pacer: assist ratio=%s (scan %lu MB in %lu->%lu MB) "
		"workers=%u+%s\n",
		ratio, plan->heap_scan >> MIB_SHIFT,
		plan->heap_live >> MIB_SHIFT, plan->goal >> MIB_SHIFT,
		plan->workers.dedicated, fractional);
}

size_t gctrace_format_outcome(char buf[GCTRACE_LINE_MAX],
	const struct pacer_outcome *o, const struct pacer_cycle *c)
{
	char cons_mark[GCTRACE_FLOAT_SIZE];
	size_t len;

	gctrace_format_float(cons_mark, o->cons_mark);
	len = format(buf, GCTRACE_LINE_MAX,
		"pacer: %d%% CPU (%d exp.) for %lu+%lu+%lu B work "
		"(%lu B exp.) ",
		(int)(100 * o->utilization), (int)(100 * PACER_UTILIZATION),
		c->scan.heap, c->scan.stacks, c->scan.globals,
		o->scan_expected);
	return len + format(buf + len, GCTRACE_LINE_MAX - len,
			     "in %lu B -> %lu B (∆goal %ld, cons/mark %s)\n",
			     o->triggered, c->heap_live,
			     (int64_t)(c->heap_live - c->goal), cons_mark);
}

static void gctrace_write(const char *line, size_t len)
{
	syscall3(SYS_write, STDERR_FILENO, line, len);
}

void gctrace_print_cycle(const struct gctrace_cycle *c)
{
	char line[GCTRACE_LINE_MAX];

	if (options.gctrace)
		gctrace_write(line, gctrace_format_cycle(line, c));
}

void gctrace_print_plan(const struct gctrace_plan *plan)
{
	char line[GCTRACE_LINE_MAX];

	if (options.gcpacertrace)
		gctrace_write(line, gctrace_format_plan(line, plan));
}

void gctrace_print_outcome(
	const struct pacer_outcome *o, const struct pacer_cycle *c)
{
	char line[GCTRACE_LINE_MAX];

	if (options.gcpacertrace)
		gctrace_write(line, gctrace_format_outcome(line, o, c));
}
