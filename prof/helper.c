/*
 * helper: a kernel thread that waits on a socket and on the clock.
 *
 *   goalloc profile PID --connect--> "\0goalloc/PID/profile" --> the profile
 *   signal, new peak    --connect--> the same, by this process: look around
 *   interval            --timeout--> PREFIX.PID.i0001.pb.gz
 *
 * The socket has an abstract name, so there is no file, and descriptors of
 * its own (a table that it shares with nobody), so the program sees neither
 * them nor a gap in its numbers.  Signals are blocked.  The program notices
 * nothing: no call is interrupted, no handler runs.
 *
 * A request is a line, its answer "ok" and the file, or "error" and why:
 *
 *   heap pb, heap text, peak pb, peak text    a profile
 *   rate                                      mean bytes between samples
 *
 * Only the same user and root get an answer.  Libc's setuid changes the
 * program's threads, not this one: when it sees other credentials than its
 * own, it ends, and what it could still write it leaves to the exit.
 *
 * Locking:    prof, within prof/profile.c.
 * Context:    helper_main: a thread without libc; the rest is any, but where
 *             it says otherwise.
 * Assumes:    close_range(CLOSE_RANGE_UNSHARE) since Linux 5.9; before it
 *             descriptors above CLOSE_MAX stay open in the helper.
 */
#include "prof/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/atomics.h"
#include "core/fatal.h"
#include "core/options.h"
#include "core/os.h"
#include "core/syscall.h"
#include "core/thread.h"
#include "prof/buckets.h"
#include "prof/dump.h"
#include "prof/prof.h"
#include "prof/profile.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1u << 1)
#endif

enum {
	CLOSE_MAX = 1024,   /* descriptors closed one by one */
	BACKLOG = 8,        /* connections that may wait */
	REQUEST_MAX = 64,   /* bytes of a request */
	REQUEST_MS = 1000,  /* for it to arrive */
	BLIND_MS = 250,     /* between two looks without a socket */
	PATIENCE_MS = 1000, /* for the helper at exit */
	PEAK_GROWTH = 10,   /* a tenth more is a new peak */
	STATUS_MAX = 1024,  /* bytes of /proc/self/status */
	NS_PER_MS = 1000000,
};

/* How the helper is told to end. */
enum helper_order { GO_ON, NO_FILES, END };

static struct os_thread helper;
static uint32_t starting;        /* atomic: 1 while somebody starts it */
static uint32_t order = GO_ON;   /* atomic: enum helper_order; futex word */
static uint32_t is_writing;      /* atomic: a file is half written */
static uint32_t nsignals;        /* atomic: asked for by signals */
static uint32_t nsignals_served; /* helper only */
static uint64_t peak_written;    /* helper only: bytes of the last */
static uint64_t interval_due;    /* helper only: when, in ns */

/* The socket's name; its length with the family. */
static unsigned socket_name(struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	size_t n = format(name->sun_path + 1, sizeof name->sun_path - 1,
		"goalloc/%d/profile", (int)syscall0(SYS_getpid));
	return (unsigned)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
}

static long socket_new(void)
{
	return syscall3(SYS_socket, AF_UNIX,
		SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Makes the helper look around.  Context: any, handler included. */
static void helper_wake(void)
{
	struct sockaddr_un name;
	unsigned length = socket_name(&name);
	long fd = socket_new();

	if (fd < 0)
		return;
	syscall3(SYS_connect, fd, &name, length);
	syscall1(SYS_close, fd);
}

/* A descriptor table of its own, with nothing in it. */
static void leave_descriptors(void)
{
	if (syscall3(SYS_close_range, 0, ~0u, CLOSE_RANGE_UNSHARE) == 0)
		return;
	if (syscall1(SYS_unshare, CLONE_FILES) != 0)
		return;
	for (int fd = 0; fd < CLOSE_MAX; fd++)
		syscall1(SYS_close, fd);
}

/* A socket that listens, or -1. */
static long socket_listen(void)
{
	struct sockaddr_un name;
	unsigned length = socket_name(&name);
	long fd = socket_new();

	if (fd >= 0 && syscall3(SYS_bind, fd, &name, length) == 0 &&
		syscall2(SYS_listen, fd, BACKLOG) == 0)
		return fd;
	if (fd >= 0)
		syscall1(SYS_close, fd);
	return -1;
}

/* The effective user of the program's first thread, or our own. */
static uint32_t program_user(void)
{
	char text[STATUS_MAX + 1];
	uint32_t own = (uint32_t)syscall0(SYS_geteuid), user = 0;
	long fd = syscall4(SYS_openat, AT_FDCWD, "/proc/self/status",
		O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return own;
	long n = syscall3(SYS_read, fd, text, STATUS_MAX);
	syscall1(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	const char *at = __builtin_strstr(text, "\nUid:\t");
	at = at != NULL ? __builtin_strchr(at + 6, '\t') : NULL;
	if (at == NULL)
		return own;
	for (at++; *at >= '0' && *at <= '9'; at++)
		user = user * 10 + (uint32_t)(*at - '0');
	return user;
}

static bool may_go_on(void)
{
	return load_seqcst(&order) != END &&
	       program_user() == (uint32_t)syscall0(SYS_geteuid);
}

static void write_file(enum dump_reason reason)
{
	store_seqcst(&is_writing, 1); /* pairs: helper_close */
	if (load_seqcst(&order) == GO_ON)
		dump_write(reason); /* it has no stderr to complain on */
	store_seqcst(&is_writing, 0);
}

static void write_peak(void)
{
	uint64_t peak = load_relaxed(&buckets.peak_bytes);
	uint64_t next = peak_written + peak_written / PEAK_GROWTH;

	if (!options.profile_peak || !dump_is_wanted())
		return;
	if (peak > 0 && peak >= next) {
		write_file(DUMP_PEAK);
		peak_written = peak;
		next = peak + peak / PEAK_GROWTH;
	}
	prof_watch_peak(next + 1, helper_wake);
}

static bool has_interval(void)
{
	return options.profile_interval > 0 && dump_is_wanted();
}

static void set_interval(uint64_t now)
{
	interval_due =
		now + (uint64_t)options.profile_interval * 1000 * NS_PER_MS;
}

/* Writes what is due, whatever woke us. */
static void write_due(void)
{
	uint32_t asked =
		load_acquire(&nsignals); /* pairs: helper_note_signal */
	uint64_t now = os_now_ns();

	if (asked != nsignals_served)
		write_file(DUMP_SIGNAL);
	nsignals_served = asked;
	write_peak();
	if (has_interval() && now >= interval_due) {
		write_file(DUMP_INTERVAL);
		set_interval(now);
	}
}

/* Whether the text of n bytes is this line. */
static bool is_line(const char *text, long n, const char *line)
{
	long length = (long)__builtin_strlen(line);

	return n == length && __builtin_memcmp(text, line, (size_t)n) == 0;
}

static void answer(long fd, const char *text)
{
	syscall6(SYS_sendto, fd, (long)text, (long)__builtin_strlen(text),
		MSG_NOSIGNAL, 0, 0);
}

static void answer_request(long fd, const char *text, long n)
{
	static const char *const lines[] = {
		"heap pb\n", "heap text\n", "peak pb\n", "peak text\n"};
	char line[REQUEST_MAX];

	if (is_line(text, n, "rate\n")) {
		format(line, sizeof line, "ok\n%u\n", prof_rate());
		answer(fd, line);
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (!is_line(text, n, lines[i]))
			continue;
		answer(fd, "ok\n");
		profile_write((int)fd, i < 2 ? PROFILE_NOW : PROFILE_PEAK,
			i % 2 == 0 ? PROFILE_PB : PROFILE_TEXT);
		return;
	}
	answer(fd, "error the requests are heap, peak (pb or text), rate\n");
}

/* Whether the peer may ask: this user or root, but not to wake us. */
static bool may_ask(long fd)
{
	struct ucred peer = {0};
	socklen_t length = sizeof peer;

	if (!options.profile_listen ||
		syscall5(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer,
			&length) != 0)
		return false;
	return peer.pid != (pid_t)syscall0(SYS_getpid) &&
	       (peer.uid == 0 || peer.uid == (uid_t)syscall0(SYS_geteuid));
}

static bool wait_readable(long fd, uint64_t ms)
{
	struct pollfd ready = {(int)fd, POLLIN, 0};
	struct timespec limit = {
		(time_t)(ms / 1000), (long)(ms % 1000 * NS_PER_MS)};

	return syscall4(SYS_ppoll, &ready, fd >= 0 ? 1 : 0,
		       ms != UINT64_MAX ? &limit : NULL, NULL) > 0;
}

static void serve(long listener)
{
	char text[REQUEST_MAX];
	long fd = syscall4(SYS_accept4, listener, NULL, NULL,
		SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (may_ask(fd) && wait_readable(fd, REQUEST_MS)) {
		long n = syscall3(SYS_read, fd, text, sizeof text);
		if (n > 0)
			answer_request(fd, text, n);
	}
	syscall1(SYS_close, fd);
}

/* How long there is nothing to do by the clock, in ms. */
static uint64_t idle_ms(long listener)
{
	uint64_t now = os_now_ns(), ms = UINT64_MAX;

	if (has_interval())
		ms = now < interval_due ? (interval_due - now) / NS_PER_MS + 1
					: 0;
	if (listener < 0 && ms > BLIND_MS)
		ms = BLIND_MS;
	return ms;
}

static void helper_main(void *unused)
{
	(void)unused;
	thread_self()->busy = true; /* in TLS of its own, all zero */
	leave_descriptors();
	long listener = socket_listen();
	set_interval(os_now_ns());
	write_peak();
	for (;;) {
		bool asked = wait_readable(listener, idle_ms(listener));
		if (!may_go_on())
			break;
		write_due();
		if (asked)
			serve(listener);
	}
	if (listener >= 0)
		syscall1(SYS_close, listener);
}

static bool is_wanted(void)
{
	/* The sanitizers know no threads but libc's. */
	if (SANITIZED || prof_rate() == 0 || load_relaxed(&order) != GO_ON)
		return false;
	return options.profile_listen ||
	       (dump_is_wanted() &&
		       (options.profile_peak || options.profile_signal > 0 ||
			       options.profile_interval > 0));
}

void helper_start(void)
{
	uint32_t nobody = 0;

	if (!is_wanted() || os_thread_is_running(&helper) ||
		!try_cas_acqrel(&starting, &nobody, 1))
		return;
	if (!os_thread_is_running(&helper))
		os_thread_start(&helper, helper_main, &thread_local_state);
	store_release(&starting, 0); /* pairs: helper_start */
}

void helper_note_signal(void)
{
	fetch_add_seqcst(&nsignals, 1); /* pairs: write_due */
	helper_wake();
}

void helper_close(void)
{
	uint32_t go_on = GO_ON;

	try_cas_acqrel(&order, &go_on, NO_FILES); /* pairs: write_file */
	for (int ms = 0; ms < PATIENCE_MS && load_seqcst(&is_writing); ms++)
		os_futex_wait_ms(&order, NO_FILES, 1);
}

void helper_stop(void)
{
	store_seqcst(&order, END);
	helper_wake();
	for (int ms = 0; ms < PATIENCE_MS && os_thread_is_running(&helper);
		ms++)
		os_futex_wait_ms(&order, END, 1);
}

void helper_fork_child(void)
{
	os_thread_forget(&helper);
	store_relaxed(&starting, 0);
	store_relaxed(&is_writing, 0);
	nsignals_served = load_relaxed(&nsignals);
	peak_written = 0;
	if (is_wanted()) { /* nobody else is here: no lock */
		prof.peak_told = helper_start;
		prof.peak_next = 1;
	}
}
