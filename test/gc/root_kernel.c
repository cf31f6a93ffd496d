/*
 * Pointers that only the kernel holds, for the program to get back later:
 * epoll_event.data, a timer's sigval, the argument of a thread that has not
 * begun to run, and the result of one that has ended and nobody has joined.
 */
/* cases: epoll epoll_modified epoll_other_thread timer timer_thread */
/* cases: thread_result */
/* case: thread_argument aim=kept */
/* case: epoll_deleted aim=gone */
/* case: timer_deleted aim=gone */
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "test/gc/herd.h"

enum { NTHREADS = 300 };

static const char *which;
static int poller, event;
static timer_t timer;
static atomic_int nstarted;
static atomic_int nwrong;
static void *found;

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

static void note(union sigval value)
{
	found = value.sival_ptr;
}

static void note_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	note(info->si_value);
}

static void plant_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN};

	e.data.ptr = herd_planted(HERD_USUAL);
	check(epoll_ctl(poller, EPOLL_CTL_ADD, event, &e) == 0);
}

static void modify_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLOUT};

	e.data.ptr = herd_value();
	check(epoll_ctl(poller, EPOLL_CTL_MOD, event, &e) == 0);
}

static void *plant_in_thread(void *arg)
{
	herd_plant(plant_epoll);
	return arg;
}

static void plant_any_epoll(void)
{
	pthread_t id;

	poller = epoll_create1(0);
	event = eventfd(0, 0);
	check(poller >= 0 && event >= 0);
	if (!is("epoll_other_thread")) {
		herd_plant(plant_epoll);
		return;
	}
	check(pthread_create(&id, NULL, plant_in_thread, NULL) == 0);
	check(pthread_join(id, NULL) == 0);
}

static void run_epoll(void)
{
	const uint64_t one = 1;
	struct epoll_event e;

	plant_any_epoll();
	if (is("epoll_modified"))
		herd_plant(modify_epoll);
	if (is("epoll_deleted")) {
		check(epoll_ctl(poller, EPOLL_CTL_DEL, event, NULL) == 0);
		herd_collect();
		return;
	}
	herd_collect();
	check(write(event, &one, sizeof one) == sizeof one);
	check(epoll_wait(poller, &e, 1, 1000) == 1);
	check(e.data.ptr == herd_value());
}

static void plant_timer(void)
{
	struct sigevent e = {
		.sigev_notify =
			is("timer_thread") ? SIGEV_THREAD : SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN,
	};

	if (is("timer_thread"))
		e.sigev_notify_function = note;
	e.sigev_value.sival_ptr = herd_planted(HERD_USUAL);
	check(timer_create(CLOCK_MONOTONIC, &e, &timer) == 0);
}

static void run_timer(void)
{
	const struct itimerspec soon = {.it_value.tv_nsec = 1000000};
	struct sigaction action = {
		.sa_sigaction = note_signal, .sa_flags = SA_SIGINFO};

	check(sigaction(SIGRTMIN, &action, NULL) == 0);
	herd_plant(plant_timer);
	if (is("timer_deleted")) {
		check(timer_delete(timer) == 0);
		herd_collect();
		return;
	}
	herd_collect();
	check(timer_settime(timer, 0, &soon, NULL) == 0);
	for (int i = 0; i < 2000 && *(void *volatile *)&found == NULL; i++)
		usleep(1000);
	check(found == herd_value());
	found = NULL;
}

/* ---- Threads that have not begun ------------------------------------------
 */

/* The thread's number stands at the start of its argument. */
static void *start(void *arg)
{
	const uint32_t *p = unplanted(arg);
	const uint32_t i = p[0];

	if (i >= NTHREADS || unhide(herd[i].hidden) != p ||
		!herd_object_lives(i))
		atomic_fetch_add(&nwrong, 1);
	atomic_fetch_add(&nstarted, 1);
	return NULL;
}

static void start_one(void)
{
	pthread_attr_t attr;
	pthread_t id;
	const uint32_t i = herd_count;
	uint32_t *p = malloc(200);

	check(pthread_attr_init(&attr) == 0);
	check(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	herd_adopt(p, 200, sizeof *p);
	p[0] = i;
	check(pthread_create(&id, &attr, start, planted(p)) == 0);
}

static void *collect_always(void *arg)
{
	while (atomic_load(&nstarted) < NTHREADS)
		gc_now();
	return arg;
}

/* Several at once, so that most of them wait for a processor. */
static int run_threads(void)
{
	pthread_t id;

	check(pthread_create(&id, NULL, collect_always, NULL) == 0);
	for (int i = 0; i < NTHREADS; i += 10) {
		for (int j = 0; j < 10; j++)
			herd_plant(start_one);
		while (atomic_load(&nstarted) < i + 10)
			usleep(100);
	}
	check(pthread_join(id, NULL) == 0);
	if (nwrong != 0)
		dprintf(2, "%d arguments were reclaimed\n", nwrong);
	return 0;
}

static void *end_with_value(void *arg)
{
	(void)arg;
	return herd_value();
}

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

static void run_ended(void)
{
	pthread_t id;
	void *result;

	herd_plant(plant);
	check(pthread_create(&id, NULL, end_with_value, NULL) == 0);
	usleep(20000); /* it ends at once */
	scrub();
	herd_collect();
	check(pthread_join(id, &result) == 0 && result == herd_value());
}

int main(int argc, char **argv)
{
	check(argc == 2);
	which = argv[1];
	herd_start();
	if (is("thread_argument"))
		return run_threads();
	if (is("thread_result"))
		run_ended();
	else if (strncmp(which, "epoll", 5) == 0)
		run_epoll();
	else
		run_timer();
	scrub();
	return herd_end();
}
