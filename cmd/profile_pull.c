/*
 * profile_pull: goalloc profile PID: the profile of a running process.
 *
 * The library's helper thread answers on an abstract unix socket: the program
 * sees no signal, no descriptor and no interrupted call.  The socket's name
 * holds the process number as the process itself knows it, which in a
 * container is another; who answers is asked of the kernel.
 *
 * Context:    one thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/output.h"
#include "cmd/procmaps.h"
#include "cmd/profile.h"
#include "cmd/say.h"

enum { PULL_OUT, PULL_TEXT, PULL_PEAK };

enum { ANSWER_SECONDS = 30 };

static const struct arg_option pull_options[] = {
	[PULL_OUT] = {"output", 'o', "OUT", "where to (heap.PID.pb.gz)"},
	[PULL_TEXT] = {"text", 't', NULL, "gperftools' text, not pb"},
	[PULL_PEAK] = {"peak", 'p', NULL, "the heap as it was at its peak"},
	{0},
};

static const struct arg_help pull_help = {
	"profile PID [OPTION]...",
	"Takes the heap profile of a process that was started with profiling "
	"(goalloc\nrun --profile PREFIX, or GODEBUG=memprofilerate=N).  The "
	"process is not stopped.",
	pull_options,
};

/* The process's number in its own container: NSpid's last. */
static pid_t own_number(pid_t pid)
{
	char *status = proc_read(pid, "status");
	char *line = status != NULL ? strstr(status, "\nNSpid:") : NULL;
	pid_t own = pid;

	if (line != NULL) {
		line[1 + strcspn(line + 1, "\n")] = '\0';
		own = (pid_t)atoi(strrchr(line, '\t') + 1);
	}
	free(status);
	return own > 0 ? own : pid;
}

static int connect_to(pid_t pid)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct ucred peer = {0};
	socklen_t size = sizeof peer;
	struct timeval limit = {.tv_sec = ANSWER_SECONDS};

	int len = snprintf(addr.sun_path + 1, sizeof addr.sun_path - 1,
		"goalloc/%d/profile", (int)own_number(pid));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t whole = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				      1 + (size_t)len);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, whole) != 0)
		die(STATUS_FAILED,
			"process %d does not answer (%m): start it with "
			"goalloc run --profile PREFIX",
			(int)pid);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
		(peer.pid != pid && peer.pid != 0))
		die(STATUS_FAILED, "another process, %d, answers for %d",
			(int)peer.pid, (int)pid);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return fd;
}

/* The first line of the answer: "ok", or "error" and what is wrong. */
static void read_verdict(FILE *in, pid_t pid)
{
	char line[256] = "";

	if (fgets(line, sizeof line, in) == NULL)
		die(STATUS_FAILED, "process %d ended or is too busy to answer",
			(int)pid);
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "ok") == 0)
		return;
	die(STATUS_FAILED, "process %d: %s", (int)pid,
		strncmp(line, "error ", 6) == 0 ? line + 6 : line);
}

static void copy(FILE *in, const char *path, bool is_binary)
{
	struct output out;
	char bytes[65536];
	bool written = true;
	size_t n;

	output_open(&out, path, is_binary);
	while (written && (n = fread(bytes, 1, sizeof bytes, in)) > 0)
		written = fwrite(bytes, 1, n, out.file) == n;
	if (ferror(in)) {
		unlink(out.temp != NULL ? out.temp : "");
		die(STATUS_FAILED, "the profile broke off: %m");
	}
	output_close(&out, written);
}

int profile_pull_main(int argc, char **argv)
{
	struct args a = {
		.help = &pull_help, .argc = argc, .argv = argv, .mixed = true};
	const char *path = NULL;
	bool text = false, peak = false;

	for (int i; (i = args_next(&a)) != ARGS_END;) {
		switch (i) {
		case PULL_OUT: path = a.value; break;
		case PULL_TEXT: text = true; break;
		case PULL_PEAK: peak = true; break;
		}
	}
	args_expect(&a, 1, "process number");
	pid_t pid = args_pid(a.argv[a.at]);
	char *usual =
		must_format("heap.%d.%s", (int)pid, text ? "heap" : "pb.gz");
	int fd = connect_to(pid);
	dprintf(fd, "%s %s\n", peak ? "peak" : "heap", text ? "text" : "pb");
	FILE *in = fdopen(fd, "r");
	if (in == NULL)
		die(STATUS_FAILED, "cannot read from process %d: %m", (int)pid);
	read_verdict(in, pid);
	copy(in, path != NULL ? path : usual, !text);
	if (path == NULL)
		printf("%s\n", usual);
	fclose(in);
	free(usual);
	return STATUS_OK;
}
