/*
 * doctor_preload: whether a program started here gets the library.
 *
 * Context:    one thread; what is started is a child.
 */
#include "cmd/doctor.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "cmd/locate.h"
#include "cmd/say.h"

#define HEAP_HINT (UINT64_C(0xc0) << 32) /* where the library's heap lies */

static char *library;

/* Runs a program under the library and reads what it says at its start. */
static char *say_at_start(void)
{
	char *command = must_format("GODEBUG=inittrace=1 GOALLOC_GODEBUG= "
				    "LD_PRELOAD='%s' /bin/true 2>&1",
		library);
	char *line = NULL;
	size_t size = 0;

	fflush(stdout);
	FILE *out = popen(command, "re");
	if (out != NULL) {
		if (getline(&line, &size, out) < 0) {
			free(line);
			line = NULL;
		}
		pclose(out);
	}
	free(command);
	return line;
}

static void check_loads(void)
{
	if (library == NULL) {
		doctor_say(VERDICT_BITES, "library",
			"put libgoalloc.so beside this command, or in its "
			"../lib",
			"it is not there");
		return;
	}
	char *line = say_at_start();
	if (line != NULL && strncmp(line, "goalloc: version ", 17) == 0)
		doctor_say(VERDICT_OK, "library", NULL, "%s loads", library);
	else
		doctor_say(VERDICT_BITES, "library",
			"the line above is the loader's: see ld.so(8)",
			"%s does not load: %.*s", library,
			line != NULL ? (int)strcspn(line, "\n") : 0,
			line != NULL ? line : "");
	free(line);
}

static void check_other_preload(void)
{
	const char *list = getenv("LD_PRELOAD");

	if (list == NULL || *list == '\0')
		doctor_say(VERDICT_OK, "LD_PRELOAD", NULL, "not set");
	else if (strstr(list, "goalloc") != NULL)
		doctor_say(VERDICT_OK, "LD_PRELOAD", NULL, "%s", list);
	else
		doctor_say(VERDICT_NOTE, "LD_PRELOAD", NULL,
			"%s: goalloc run puts the library before it", list);
}

static void check_secure(void)
{
	if (getauxval(AT_SECURE) == 0)
		doctor_say(VERDICT_OK, "AT_SECURE", NULL,
			"the loader obeys LD_PRELOAD");
	else
		doctor_say(VERDICT_BITES, "AT_SECURE",
			"start the program without setuid or capabilities",
			"this process runs with more rights than its user: "
			"LD_PRELOAD and options are ignored");
}

static int probe_window(void)
{
	void *p = mmap((void *)HEAP_HINT, 64 << 20, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			MAP_FIXED_NOREPLACE,
		-1, 0);

	if (p == MAP_FAILED)
		return errno;
	return (uintptr_t)p == HEAP_HINT ? 0 : PROBE_NO_EFFECT;
}

static void check_window(void)
{
	struct probe_result r = doctor_probe(probe_window);

	if (r.works)
		doctor_say(VERDICT_OK, "address space", NULL,
			"the heap gets its place at 0xc0...");
	else
		doctor_say(VERDICT_NOTE, "address space", NULL,
			"no room at 0xc0...: %s", doctor_why(r));
}

void doctor_check_preload(void)
{
	library = locate_try_library("libgoalloc.so");
	check_loads();
	check_other_preload();
	check_secure();
	check_window();
	free(library);
}
