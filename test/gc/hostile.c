/*
 * Programs that do what a collector would rather they did not: close every
 * descriptor, give up rights, lock memory, take or block every signal.  The
 * collector goes on, and the program sees nothing of it: no signal, no error.
 *
 * A thread holds the herd in a register, so that it must be stopped for it.
 */
/* open: no_descriptors, no collection without a free number */
/* cases: nothing closefrom not_dumpable setuid mlockall no_descriptors */
/* cases: blocked_signals handlers signalfd sigwait profiled small_stack */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "test/gc/herd.h"

static const char *which;
static volatile int nsignals;
static void *volatile handler_object;

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

static void count_signal(int sig)
{
	(void)sig;
	nsignals++;
}

/* As a profiler's handler that allocates, which is allowed here. */
static void allocate_in_handler(int sig)
{
	(void)sig;
	handler_object = malloc(100);
	free(handler_object);
}

static void take_all_signals(void)
{
	struct sigaction action = {.sa_handler = count_signal};

	sigfillset(&action.sa_mask);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &action, NULL); /* KILL, STOP: refused */
}

static void block_all_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	check(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
}

static void *wait_for_signals(void *arg)
{
	sigset_t all;
	int sig;

	sigfillset(&all);
	while (sigwait(&all, &sig) == 0)
		nsignals++;
	return arg;
}

static void start_profiling(void)
{
	const struct itimerval often = {{0, 1000}, {0, 1000}};
	struct sigaction action = {
		.sa_handler = allocate_in_handler, .sa_flags = SA_RESTART};

	check(sigaction(SIGPROF, &action, NULL) == 0);
	check(sigaction(SIGALRM, &action, NULL) == 0);
	check(setitimer(ITIMER_PROF, &often, NULL) == 0);
	check(setitimer(ITIMER_REAL, &often, NULL) == 0);
}

static void set_limit(int what, rlim_t value)
{
	const struct rlimit limit = {value, value};

	check(setrlimit(what, &limit) == 0);
}

static void give_up_root(void)
{
	if (geteuid() != 0)
		_exit(NOT_HERE);
	check(setresgid(65534, 65534, 65534) == 0);
	check(setresuid(65534, 65534, 65534) == 0);
}

static void set_up(void)
{
	pthread_t id;

	if (is("closefrom"))
		check(close_range(3, ~0U, 0) == 0);
	else if (is("not_dumpable"))
		check(prctl(PR_SET_DUMPABLE, 0) == 0);
	else if (is("setuid"))
		give_up_root();
	else if (is("mlockall"))
		check(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
	else if (is("no_descriptors"))
		set_limit(RLIMIT_NOFILE, 3);
	else if (is("handlers"))
		take_all_signals();
	else if (is("profiled"))
		start_profiling();
	if (is("blocked_signals") || is("signalfd") || is("sigwait"))
		block_all_signals();
	if (is("sigwait"))
		check(pthread_create(&id, NULL, wait_for_signals, NULL) == 0);
}

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

static void *hold(void *arg)
{
#ifdef __x86_64__
	__asm__ volatile(
		"mov %[head], %%r13\n xor %[mask], %%r13\n"
		"movb $1, %[held]\n"
		"1: pause\n cmpb $0, %[released]\n je 1b\n"
		: [held] "+m"(held), [released] "+m"(released)
		: [head] "m"(herd_hidden_head), [mask] "m"(herd_plant_mask)
		: "r13", "memory", "cc");
#else
	hold_spinning();
#endif
	return arg;
}

static void hold_and_collect(void)
{
	pthread_attr_t attr;
	pthread_t id;

	flag_set(&held, false);
	flag_set(&released, false);
	check(pthread_attr_init(&attr) == 0);
	if (is("small_stack"))
		check(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN) == 0);
	check(pthread_create(&id, &attr, hold, NULL) == 0);
	herd_collect_while_held();
	check(pthread_join(id, NULL) == 0);
}

/* What a signal that was ours would have left. */
static void check_no_signal(int fd)
{
	struct signalfd_siginfo info;
	sigset_t pending;

	check_cmp(nsignals, ==, 0);
	check(sigpending(&pending) == 0);
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&pending, i) == 1)
			check_cmp(i, ==, 0);
	if (fd >= 0)
		check(read(fd, &info, sizeof info) < 0 && errno == EAGAIN);
}

int main(int argc, char **argv)
{
	sigset_t all;
	int fd = -1;

	check(argc == 2);
	which = argv[1];
	herd_start();
	set_up();
	sigfillset(&all);
	if (is("signalfd"))
		fd = signalfd(-1, &all, SFD_NONBLOCK);
	herd_plant(plant);
	hold_and_collect();
	if (!is("profiled"))
		check_no_signal(fd);
	return herd_end();
}
