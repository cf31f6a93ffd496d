/*
 * metrics: the table of figures, and how a figure is written for people.
 *
 * Three significant digits and a unit: more would be noise, and columns stay
 * narrow.  Bytes are in powers of 1024, with the units' right names.
 */
#include "cmd/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define METRIC_ROW(key, heading, unit, source) {#key, heading, unit, source},
const struct metric_row metric_table[NMETRICS] = {FOR_EACH_METRIC(METRIC_ROW)};
#undef METRIC_ROW

enum metric metric_find(const char *key, size_t length)
{
	for (int i = 0; i < NMETRICS; i++)
		if (strlen(metric_table[i].key) == length &&
			memcmp(metric_table[i].key, key, length) == 0)
			return i;
	return NMETRICS;
}

void metrics_clear(struct metrics *f)
{
	for (int i = 0; i < NMETRICS; i++)
		f->value[i] = NAN;
}

/* Digits behind the point, so that three or so are significant. */
static int decimals(double magnitude)
{
	if (magnitude >= 100)
		return 0;
	return magnitude >= 10 ? 1 : 2;
}

static void format_scaled(char *out, size_t size, double v, double step,
	const char *const *units, size_t nunits)
{
	size_t i = 0;
	double magnitude = fabs(v);

	/* 999.5 would be printed with four digits. */
	while (i + 1 < nunits && magnitude >= 0.9995 * step) {
		magnitude /= step;
		i++;
	}
	snprintf(out, size, "%.*f%s%s", i == 0 ? 0 : decimals(magnitude),
		copysign(magnitude, v), units[i][0] == '\0' ? "" : " ",
		units[i]);
}

static void format_seconds(char *out, size_t size, double v)
{
	const double magnitude = fabs(v);

	if (magnitude == 0)
		snprintf(out, size, "0 s");
	else if (magnitude < 0.9995e-3)
		snprintf(out, size, "%.0f us", v * 1e6);
	else if (magnitude < 0.9995)
		snprintf(out, size, "%.*f ms", decimals(magnitude * 1e3),
			v * 1e3);
	else
		snprintf(out, size, "%.*f s", decimals(magnitude), v);
}

char *metric_format(char *out, size_t size, enum metric_unit unit, double v)
{
	static const char *const bytes[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	static const char *const counts[] = {"", "k", "M", "G", "T"};

	if (isnan(v)) {
		snprintf(out, size, "-");
		return out;
	}
	switch (unit) {
	case UNIT_SECONDS: format_seconds(out, size, v); break;
	case UNIT_BYTES: format_scaled(out, size, v, 1024, bytes, 5); break;
	case UNIT_COUNT:
		if (fabs(v) < 99999.5)
			snprintf(out, size, "%.0f", v);
		else
			format_scaled(out, size, v, 1000, counts, 5);
		break;
	case UNIT_SHARE: snprintf(out, size, "%.2f %%", v * 100); break;
	}
	return out;
}

char *metric_format_signed(
	char *out, size_t size, enum metric_unit unit, double v)
{
	char text[64];

	metric_format(text, sizeof(text), unit, v);
	snprintf(out, size, "%s%s", v > 0 ? "+" : "", text);
	return out;
}
