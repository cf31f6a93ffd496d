/*
 * compare_contenders: reads --with.
 *
 *	LIST   = ITEM { "," ITEM }
 *	ITEM   = ALLOCATOR { "+" SETTING } | SETTING { "+" SETTING }
 *	SETTING = NAME "=" VALUE                   an environment variable
 *	ALLOCATOR = glibc | goalloc | jemalloc | mimalloc | tcmalloc |
 *	            PATH | LABEL "=" PATH
 *
 * A setting has an upper-case name, and means goalloc if it stands alone:
 * GOGC=50.
 */
#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "cmd/compare.h"
#include "cmd/locate.h"
#include "cmd/say.h"

/* Where packages put them: the first that is found. */
static const struct known {
	const char *name;
	const char *file;
} known_allocators[] = {
	{"jemalloc", "libjemalloc.so*"},
	{"mimalloc", "libmimalloc.so*"},
	{"tcmalloc", "libtcmalloc_minimal.so*"},
	{"tcmalloc", "libtcmalloc.so*"},
};

static const char *const library_folders[] = {
	"/usr/local/lib",
	"/usr/lib/*-linux-gnu",
	"/usr/lib64",
	"/usr/lib",
};

static bool is_setting(const char *text)
{
	size_t length = 0;

	while (isupper((unsigned char)text[length]) || text[length] == '_' ||
		(length > 0 && isdigit((unsigned char)text[length])))
		length++;
	return length > 0 && text[length] == '=';
}

/* NAME=VALUE at the end of the contender's settings. */
static void contender_add_setting(struct contender *p, const char *setting)
{
	const size_t size = strlen(setting) + 1;
	const size_t before = p->settings_size == 0 ? 0 : p->settings_size - 1;

	p->settings = realloc(p->settings, before + size + 1);
	if (p->settings == NULL)
		die(STATUS_FAILED, "no memory");
	memcpy(p->settings + before, setting, size);
	p->settings[before + size] = '\0';
	p->settings_size = before + size + 1;
}

static char *find_in_folders(const char *file)
{
	char *found = NULL;

	for (size_t i = 0; found == NULL &&
			   i < sizeof library_folders / sizeof *library_folders;
		i++) {
		glob_t matches;
		char *pattern = must_format("%s/%s", library_folders[i], file);
		if (glob(pattern, 0, NULL, &matches) == 0)
			found = must_copy(matches.gl_pathv[0]);
		globfree(&matches);
		free(pattern);
	}
	return found;
}

/* "libjemalloc.so.2", from the file that the name leads to. */
static void contender_read_version(struct contender *p)
{
	char real[PATH_MAX];

	if (p->library == NULL || realpath(p->library, real) == NULL)
		return;
	const char *slash = strrchr(real, '/');
	snprintf(p->version, sizeof p->version, "%.63s", slash + 1);
}

static void contender_set_library(
	struct contender *p, const char *label, char *library)
{
	char real[PATH_MAX];

	if (realpath(library, real) == NULL || access(real, R_OK) != 0)
		die_usage("--with %s: there is no %s", label, library);
	if (strpbrk(real, ": ") != NULL)
		die_usage("--with %s: a colon or space in %s would end "
			  "LD_PRELOAD there",
			label, real);
	free(library);
	p->library = must_copy(real);
	contender_read_version(p);
}

static bool contender_try_known(struct contender *p, const char *name)
{
	bool is_known = false;

	for (size_t i = 0;
		i < sizeof known_allocators / sizeof *known_allocators; i++) {
		const struct known *k = &known_allocators[i];

		if (strcmp(k->name, name) != 0)
			continue;
		is_known = true;
		char *found = find_in_folders(k->file);
		if (found == NULL)
			continue;
		contender_set_library(p, name, found);
		return true;
	}
	if (is_known)
		die_usage("--with %s: it is not installed", name);
	return false;
}

static void contender_be_goalloc(struct contender *p)
{
	contender_set_library(p, "goalloc", locate_library("libgoalloc.so"));
	p->is_goalloc = true;
	snprintf(p->version, sizeof p->version, "%s", PACKAGE_VERSION);
}

/* An allocator by its name, path, or label and path. */
static void contender_set_allocator(struct contender *p, const char *text)
{
	const char *equals = strchr(text, '=');
	const char *path = equals != NULL ? equals + 1 : text;

	if (strcmp(text, "glibc") == 0) {
		snprintf(p->version, sizeof p->version, "system");
		return;
	}
	if (strcmp(text, "goalloc") == 0) {
		contender_be_goalloc(p);
		return;
	}
	if (equals == NULL && contender_try_known(p, text))
		return;
	if (strchr(path, '/') == NULL)
		die_usage("--with %s: no such allocator; give glibc, goalloc, "
			  "jemalloc, mimalloc, tcmalloc, a path or GOGC=50",
			text);
	contender_set_library(p, text, must_copy(path));
	/* The label, or libNAME of libNAME.so. */
	const char *name = equals != NULL ? text : strrchr(path, '/') + 1;
	const size_t length =
		equals != NULL ? (size_t)(equals - text) : strcspn(name, ".");
	snprintf(p->name, sizeof p->name, "%.*s", (int)length, name);
}

static void compare_add_contender(struct comparison *c, char *item)
{
	if (c->ncontenders == COMPARE_MAX)
		die_usage("--with: %d allocators are the most", COMPARE_MAX);
	if (c->contenders == NULL)
		c->contenders = must_calloc(COMPARE_MAX, sizeof *c->contenders);
	struct contender *p = &c->contenders[c->ncontenders];
	snprintf(p->name, sizeof p->name, "%.*s", COMPARE_NAME - 1, item);
	for (size_t i = 0; i < c->ncontenders; i++)
		if (strcmp(c->contenders[i].name, p->name) == 0)
			return;
	c->ncontenders++;

	/* Split at each + behind which a setting stands. */
	bool is_first = true;
	for (char *part = item; part != NULL; is_first = false) {
		char *plus = strchr(part, '+');
		while (plus != NULL && !is_setting(plus + 1))
			plus = strchr(plus + 1, '+');
		if (plus != NULL)
			*plus = '\0';
		if (is_setting(part)) {
			if (is_first)
				contender_be_goalloc(p);
			contender_add_setting(p, part);
		} else {
			contender_set_allocator(p, part);
		}
		part = plus != NULL ? plus + 1 : NULL;
	}
}

void compare_add_contenders(struct comparison *c, const char *list)
{
	char *copy = must_copy(list);
	char *rest = copy;
	char *item;

	while ((item = strsep(&rest, ",")) != NULL)
		if (*item != '\0')
			compare_add_contender(c, item);
	free(copy);
}
