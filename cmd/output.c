/*
 * output: see output.h.
 *
 * Context:    one thread.
 */
#include "cmd/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/say.h"

/* What open(2) would give a new file. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

void output_open(struct output *o, const char *path, bool is_binary)
{
	*o = (struct output){.path = path, .file = stdout};
	if (path == NULL || strcmp(path, "-") == 0) {
		o->path = NULL;
		if (is_binary && isatty(STDOUT_FILENO))
			die(STATUS_USAGE, "this format is not for a terminal: "
					  "name a file by -o");
		return;
	}
	o->temp = must_format("%s.XXXXXX", path);
	int fd = mkstemp(o->temp);
	o->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (o->file == NULL)
		die(STATUS_FAILED, "cannot write %s: %m", path);
	fchmod(fd, usual_mode());
}

void output_close(struct output *o, bool is_written)
{
	if (o->path == NULL) {
		if (!is_written || fflush(stdout) != 0)
			die(STATUS_FAILED, "cannot write to stdout: %m");
		return;
	}
	is_written &= fclose(o->file) == 0;
	if (!is_written || rename(o->temp, o->path) != 0) {
		warn("cannot write %s: %m", o->path);
		unlink(o->temp);
		exit(STATUS_FAILED);
	}
	free(o->temp);
}
