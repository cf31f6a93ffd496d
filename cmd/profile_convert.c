/*
 * profile_convert: goalloc profile convert [--to FORMAT] [-o OUT] PROFILE...
 *
 * Context:    one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/heapprof.h"
#include "cmd/output.h"
#include "cmd/profile.h"
#include "cmd/say.h"
#include "cmd/symbols.h"

enum { CONVERT_TO, CONVERT_OUT, CONVERT_ALLOC, CONVERT_SYMBOLS };

static const struct arg_option convert_options[] = {
	[CONVERT_TO] = {"to", 't', "FORMAT",
		"pb, legacy, folded, massif or heaptrack"},
	[CONVERT_OUT] = {"output", 'o', "OUT", "where to (stdout)"},
	[CONVERT_ALLOC] = {"alloc", 'a', NULL,
		"folded, massif: of all that was allocated"},
	[CONVERT_SYMBOLS] = {"symbols", 's', NULL,
		"pb: put in functions' names"},
	{0},
};

static const struct arg_help convert_help = {
	"profile convert [OPTION]... PROFILE...",
	"Writes a heap profile in another format.  Without --to the name of "
	"OUT "
	"says\nwhich: .pb.gz, .heap, .folded, .massif, .heaptrack.  massif and "
	"heaptrack take\nseveral profiles of one process, oldest first, and "
	"show "
	"how it went.",
	convert_options,
};

static const struct {
	const char *name;
	const char *ending; /* of a file's name */
	enum heapprof_format format;
} formats[] = {
	{"pb", ".pb.gz", FORMAT_PB},
	{"legacy", ".heap", FORMAT_LEGACY},
	{"folded", ".folded", FORMAT_FOLDED},
	{"massif", ".massif", FORMAT_MASSIF},
	{"heaptrack", ".heaptrack", FORMAT_HEAPTRACK},
};

static bool ends_with(const char *text, const char *ending)
{
	size_t n = strlen(text), m = strlen(ending);

	return n >= m && strcmp(text + n - m, ending) == 0;
}

static enum heapprof_format choose_format(const char *to, const char *out)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (to != NULL ? strcmp(to, formats[i].name) == 0
			       : out != NULL &&
					 ends_with(out, formats[i].ending))
			return formats[i].format;
	}
	if (to != NULL)
		die_usage("unknown format \"%s\": there are pb, legacy, "
			  "folded, massif and heaptrack",
			to);
	die_usage("which format? say --to pb, legacy, folded, massif or "
		  "heaptrack");
}

static bool write_profiles(enum heapprof_format format, struct heapprof **p,
	size_t n, enum heapprof_value value, FILE *out)
{
	switch (format) {
	case FORMAT_PB: return heapprof_write_pb(p[0], out);
	case FORMAT_LEGACY: return heapprof_write_legacy(p[0], out);
	case FORMAT_FOLDED: return heapprof_write_folded(p[0], value, out);
	case FORMAT_MASSIF: return heapprof_write_massif(p, n, value, out);
	case FORMAT_HEAPTRACK: return heapprof_write_heaptrack(p, n, out);
	}
	return false;
}

static void convert(const struct args *a, enum heapprof_format format,
	bool symbols, enum heapprof_value value, const char *path)
{
	size_t n = (size_t)(a->argc - a->at);
	struct heapprof **p = must_calloc(n, sizeof(struct heapprof *));
	struct output out;

	for (size_t i = 0; i < n; i++) {
		p[i] = heapprof_read(a->argv[a->at + (int)i]);
		if (symbols)
			symbols_resolve(p[i]);
		if (value == ALLOC_SPACE && !p[i]->has_alloc)
			die(STATUS_FAILED,
				"%s does not say what was allocated, only what "
				"is in use",
				a->argv[a->at + (int)i]);
	}
	output_open(&out, path, format == FORMAT_PB);
	output_close(&out, write_profiles(format, p, n, value, out.file));
	for (size_t i = 0; i < n; i++)
		heapprof_free(p[i]);
	free(p);
}

int profile_convert_main(int argc, char **argv)
{
	struct args a = {.help = &convert_help,
		.argc = argc,
		.argv = argv,
		.mixed = true};
	const char *to = NULL, *path = NULL;
	bool symbols = false;
	enum heapprof_value value = INUSE_SPACE;

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case CONVERT_TO: to = a.value; break;
		case CONVERT_OUT: path = a.value; break;
		case CONVERT_ALLOC: value = ALLOC_SPACE; break;
		case CONVERT_SYMBOLS: symbols = true; break;
		}
	}
	if (a.at >= a.argc)
		die_usage("a profile is missing");
	enum heapprof_format format = choose_format(to, path);
	bool series = format == FORMAT_MASSIF || format == FORMAT_HEAPTRACK;
	if (!series && a.argc - a.at > 1)
		die_usage("only massif and heaptrack take more than one "
			  "profile");
	symbols |= format != FORMAT_PB && format != FORMAT_LEGACY;
	convert(&a, format, symbols, value, path);
	return STATUS_OK;
}
