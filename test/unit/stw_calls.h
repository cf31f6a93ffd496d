/*
 * stw_calls.h: calls that wait, for stw_blocking_test.  Each waits once, for
 * TEST_WAIT_MS, and says whether it ended as it should.
 */
#ifndef GOALLOC_TEST_STW_CALLS_H
#define GOALLOC_TEST_STW_CALLS_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>

#include "core/syscall.h"
#include "test/unit/unit.h"

enum {
	TEST_WAIT_MS = 20, /* a call that waits is told to wait so long */
	NS_PER_MS = 1000000,
};

static const struct timespec wait_time = {0, TEST_WAIT_MS *NS_PER_MS};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* An absolute time, one wait from now. */
static struct timespec deadline(clockid_t clock)
{
	const uint64_t ns = now_ns(clock) + (uint64_t)TEST_WAIT_MS * NS_PER_MS;

	return (struct timespec){
		(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

static int pipe_fds[2], sockets[2], epoll_fd, queue_id, semaphore_id;
static mqd_t mqueue;

static void set_up(void)
{
	const struct timeval tv = {0, TEST_WAIT_MS * 1000};
	char name[64];

	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	epoll_fd = epoll_create1(0);
	queue_id = msgget(IPC_PRIVATE, 0600);
	semaphore_id = semget(IPC_PRIVATE, 1, 0600);
	snprintf(name, sizeof name, "/goalloc-test-%d", (int)getpid());
	mqueue = mq_open(name, O_CREAT | O_RDWR | O_EXCL, 0600, NULL);
	if (mqueue != (mqd_t)-1)
		mq_unlink(name);
}

static void tear_down(void)
{
	msgctl(queue_id, IPC_RMID, NULL);
	semctl(semaphore_id, 0, IPC_RMID);
}

/* Each waits once and says whether it ended as it should. */

static bool call_nanosleep(void)
{
	return nanosleep(&wait_time, NULL) == 0;
}

static bool call_clock_nanosleep(void)
{
	return clock_nanosleep(CLOCK_MONOTONIC, 0, &wait_time, NULL) == 0;
}

static bool call_clock_nanosleep_until(void)
{
	const struct timespec t = deadline(CLOCK_MONOTONIC);

	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0;
}

static bool call_usleep(void)
{
	return usleep(TEST_WAIT_MS * 1000) == 0;
}

static bool call_thrd_sleep(void)
{
	return thrd_sleep(&wait_time, NULL) == 0;
}

static bool call_poll(void)
{
	struct pollfd fd = {.fd = pipe_fds[0], .events = POLLIN};

	return poll(&fd, 1, TEST_WAIT_MS) == 0;
}

static bool call_ppoll(void)
{
	struct pollfd fd = {.fd = pipe_fds[0], .events = POLLIN};
	sigset_t mask;

	sigfillset(&mask);
	return ppoll(&fd, 1, &wait_time, &mask) == 0;
}

static bool call_select(void)
{
	struct timeval tv = {0, TEST_WAIT_MS * 1000};
	fd_set fds;

	FD_ZERO(&fds);
	FD_SET(pipe_fds[0], &fds);
	return select(pipe_fds[0] + 1, &fds, NULL, NULL, &tv) == 0;
}

static bool call_pselect(void)
{
	fd_set fds;

	FD_ZERO(&fds);
	FD_SET(pipe_fds[0], &fds);
	return pselect(pipe_fds[0] + 1, &fds, NULL, NULL, &wait_time, NULL) ==
	       0;
}

static bool call_epoll_wait(void)
{
	struct epoll_event event;

	return epoll_wait(epoll_fd, &event, 1, TEST_WAIT_MS) == 0;
}

static bool call_epoll_pwait(void)
{
	struct epoll_event event;
	sigset_t mask;

	sigemptyset(&mask);
	return epoll_pwait(epoll_fd, &event, 1, TEST_WAIT_MS, &mask) == 0;
}

static bool call_recv_timeout(void)
{
	char c;

	return recv(sockets[0], &c, 1, 0) == -1 && errno == EAGAIN;
}

static bool call_read_timeout(void)
{
	char c;

	return read(sockets[0], &c, 1) == -1 && errno == EAGAIN;
}

static bool call_sem_timedwait(void)
{
	const struct timespec t = deadline(CLOCK_REALTIME);
	sem_t s;

	sem_init(&s, 0, 0);
	return sem_timedwait(&s, &t) == -1 && errno == ETIMEDOUT;
}

static bool call_cond_timedwait(void)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
	const struct timespec t = deadline(CLOCK_REALTIME);

	pthread_mutex_lock(&m);
	const int error = pthread_cond_timedwait(&c, &m, &t);
	pthread_mutex_unlock(&m);
	return error == ETIMEDOUT;
}

static bool call_mutex_timedlock(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	const struct timespec t = deadline(CLOCK_REALTIME);

	pthread_mutex_lock(&m);
	const int error = pthread_mutex_timedlock(&m, &t);
	pthread_mutex_unlock(&m);
	return error == ETIMEDOUT;
}

static bool call_rwlock_timedwrlock(void)
{
	pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER;
	const struct timespec t = deadline(CLOCK_REALTIME);

	pthread_rwlock_rdlock(&l);
	const int error = pthread_rwlock_timedwrlock(&l, &t);
	pthread_rwlock_unlock(&l);
	return error == ETIMEDOUT;
}

static bool call_sigtimedwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &wait_time) == -1 && errno == EAGAIN;
}

static bool call_semtimedop(void)
{
	struct sembuf op = {0, -1, 0};

	return semtimedop(semaphore_id, &op, 1, &wait_time) == -1 &&
	       errno == EAGAIN;
}

static bool call_mq_timedreceive(void)
{
	const struct timespec t = deadline(CLOCK_REALTIME);
	char buf[8192];

	return mqueue == (mqd_t)-1 ||
	       (mq_timedreceive(mqueue, buf, sizeof buf, NULL, &t) == -1 &&
		       errno == ETIMEDOUT);
}

static bool call_syscall_futex(void)
{
	uint32_t word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &wait_time, NULL, 0) ==
		       -1 &&
	       errno == ETIMEDOUT;
}

static bool call_timerfd(void)
{
	const struct itimerspec t = {.it_value = wait_time};
	const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t n = 0;

	timerfd_settime(fd, 0, &t, NULL);
	const bool right = read(fd, &n, sizeof n) == sizeof n && n == 1;
	close(fd);
	return right;
}

static void *sleep_and_write(void *fd)
{
	nanosleep(&wait_time, NULL);
	return write(*(int *)fd, "", 1) == 1 ? fd : NULL;
}

/* A helper ends the wait; the call has no limit of its own. */
static bool wait_for_write(bool (*wait)(void), int fd)
{
	pthread_t id;
	void *result = NULL;

	if (pthread_create(&id, NULL, sleep_and_write, &fd) != 0)
		return false;
	const bool right = wait();
	return pthread_join(id, &result) == 0 && result != NULL && right;
}

static bool read_pipe(void)
{
	char c;

	return read(pipe_fds[0], &c, 1) == 1;
}

static bool call_read(void)
{
	return wait_for_write(read_pipe, pipe_fds[1]);
}

static bool receive_all(void)
{
	char c[1];

	return recv(sockets[1], c, sizeof c, MSG_WAITALL) == 1;
}

static bool call_recv(void)
{
	return wait_for_write(receive_all, sockets[0]);
}

static bool poll_pipe(void)
{
	struct pollfd fd = {.fd = pipe_fds[0], .events = POLLIN};

	return poll(&fd, 1, -1) == 1 && read_pipe();
}

static bool call_poll_for_ever(void)
{
	return wait_for_write(poll_pipe, pipe_fds[1]);
}

static void *sleep_and_send(void *unused)
{
	const struct msgbuf m = {.mtype = 1};

	nanosleep(&wait_time, NULL);
	msgsnd(queue_id, &m, 1, 0);
	return unused;
}

static bool call_msgrcv(void)
{
	struct msgbuf m;
	pthread_t id;

	pthread_create(&id, NULL, sleep_and_send, NULL);
	const bool right = msgrcv(queue_id, &m, 1, 0, 0) == 1;
	pthread_join(id, NULL);
	return right;
}

static bool call_waitpid(void)
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		syscall4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &wait_time,
			NULL);
		_exit(7);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 7;
}

static bool call_vfork(void)
{
	int status = -1;
	const pid_t child = vfork();

	if (child == 0) {
		syscall4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &wait_time,
			NULL);
		_exit(9);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 9;
}

static bool call_system(void)
{
	return system("sleep 0.02; exit 3") == 3 << 8;
}

/* libc's own functions, as libc calls them: no safe region around them. */
static void *libc_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static bool rawcall_ppoll(void)
{
	int (*next)(struct pollfd *, nfds_t, const struct timespec *,
		const sigset_t *) = libc_function("ppoll");
	struct pollfd fd = {.fd = pipe_fds[0], .events = POLLIN};

	return next(&fd, 1, &wait_time, NULL) == 0;
}

static bool rawcall_select(void)
{
	int (*next)(int, fd_set *, fd_set *, fd_set *, struct timeval *) =
		libc_function("select");
	struct timeval tv = {0, TEST_WAIT_MS * 1000};

	return next(0, NULL, NULL, NULL, &tv) == 0;
}

static bool rawcall_sleep_until(void)
{
	int (*next)(clockid_t, int, const struct timespec *,
		struct timespec *) = libc_function("clock_nanosleep");
	const struct timespec t = deadline(CLOCK_MONOTONIC);

	return next(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0;
}

static bool raw_read_pipe(void)
{
	ssize_t (*next)(int, void *, size_t) = libc_function("read");
	char c;

	return next(pipe_fds[0], &c, 1) == 1;
}

static bool rawcall_read(void)
{
	return wait_for_write(raw_read_pipe, pipe_fds[1]);
}

static bool raw_poll_pipe(void)
{
	int (*next)(struct pollfd *, nfds_t, int) = libc_function("poll");
	struct pollfd fd = {.fd = pipe_fds[0], .events = POLLIN};

	return next(&fd, 1, -1) == 1 && read_pipe();
}

static bool rawcall_poll_for_ever(void)
{
	return wait_for_write(raw_poll_pipe, pipe_fds[1]);
}

static bool raw_epoll_pipe(void)
{
	int (*next)(int, struct epoll_event *, int, int, const sigset_t *) =
		libc_function("epoll_pwait");
	struct epoll_event event = {.events = EPOLLIN};
	sigset_t mask;

	sigemptyset(&mask);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pipe_fds[0], &event);
	const bool right = next(epoll_fd, &event, 1, -1, &mask) == 1;
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, pipe_fds[0], NULL);
	return right && read_pipe();
}

static bool rawcall_epoll(void)
{
	return wait_for_write(raw_epoll_pipe, pipe_fds[1]);
}

#endif
