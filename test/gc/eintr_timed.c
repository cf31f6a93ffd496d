/* Calls that end by themselves after a time: see eintr.h. */
/* control: no, there is nothing to hide */
/* alone: it compares times with the clock */
#include <aio.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <threads.h>

#include "test/gc/eintr.h"

static long run_nanosleep(struct waiting *w)
{
	const struct timespec t = eintr_span();

	(void)w;
	return nanosleep(&t, NULL);
}

static long run_clock_nanosleep(struct waiting *w)
{
	const struct timespec t = eintr_span();

	(void)w;
	return clock_nanosleep(CLOCK_REALTIME, 0, &t, NULL);
}

static long run_clock_nanosleep_abs(struct waiting *w)
{
	const struct timespec t = eintr_until(CLOCK_MONOTONIC);

	(void)w;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static long run_usleep(struct waiting *w)
{
	(void)w;
	return usleep(EINTR_TIME * 1000);
}

static long run_sleep(struct waiting *w)
{
	(void)w;
	return sleep(1);
}

static long run_thrd_sleep(struct waiting *w)
{
	const struct timespec t = eintr_span();

	(void)w;
	return thrd_sleep(&t, NULL);
}

static void set_up_pipe(struct waiting *w)
{
	check(pipe(w->fd) == 0);
}

static long run_poll(struct waiting *w)
{
	struct pollfd p = {.fd = w->fd[0], .events = POLLIN};

	return poll(&p, 1, EINTR_TIME);
}

static long run_ppoll(struct waiting *w)
{
	struct pollfd p = {.fd = w->fd[0], .events = POLLIN};
	const struct timespec t = eintr_span();
	sigset_t none;

	sigemptyset(&none);
	return ppoll(&p, 1, &t, &none);
}

static long run_select(struct waiting *w)
{
	struct timeval t = eintr_timeval();
	fd_set set;

	FD_ZERO(&set);
	FD_SET(w->fd[0], &set);
	return select(w->fd[0] + 1, &set, NULL, NULL, &t);
}

static long run_pselect(struct waiting *w)
{
	const struct timespec t = eintr_span();
	sigset_t none;
	fd_set set;

	sigemptyset(&none);
	FD_ZERO(&set);
	FD_SET(w->fd[0], &set);
	return pselect(w->fd[0] + 1, &set, NULL, NULL, &t, &none);
}

static void set_up_epoll(struct waiting *w)
{
	w->fd[0] = epoll_create1(0);
	check(w->fd[0] >= 0);
}

static long run_epoll_wait(struct waiting *w)
{
	struct epoll_event e;

	return epoll_wait(w->fd[0], &e, 1, EINTR_TIME);
}

static long run_epoll_pwait(struct waiting *w)
{
	struct epoll_event e;
	sigset_t none;

	sigemptyset(&none);
	return epoll_pwait(w->fd[0], &e, 1, EINTR_TIME, &none);
}

static long run_epoll_pwait2(struct waiting *w)
{
	const struct timespec t = eintr_span();
	struct epoll_event e;

	return epoll_pwait2(w->fd[0], &e, 1, &t, NULL);
}

static long run_sem_timedwait(struct waiting *w)
{
	const struct timespec t = eintr_until(CLOCK_REALTIME);

	return eintr_failed_with(sem_timedwait(&w->sem, &t), ETIMEDOUT);
}

static long run_sem_clockwait(struct waiting *w)
{
	const struct timespec t = eintr_until(CLOCK_MONOTONIC);

	return eintr_failed_with(
		sem_clockwait(&w->sem, CLOCK_MONOTONIC, &t), ETIMEDOUT);
}

static long run_cond_timedwait(struct waiting *w)
{
	const struct timespec t = eintr_until(CLOCK_REALTIME);

	check(pthread_mutex_lock(&w->mutex) == 0);
	const int error = pthread_cond_timedwait(&w->cond, &w->mutex, &t);
	check(pthread_mutex_unlock(&w->mutex) == 0);
	return error == ETIMEDOUT ? 0 : error;
}

/* The mutex is held by who set it up. */
static void set_up_locked(struct waiting *w)
{
	check(pthread_mutex_lock(&w->mutex) == 0);
}

static long run_mutex_timedlock(struct waiting *w)
{
	const struct timespec t = eintr_until(CLOCK_REALTIME);
	const int error = pthread_mutex_timedlock(&w->mutex, &t);

	return error == ETIMEDOUT ? 0 : error;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void set_up_rwlock(struct waiting *w)
{
	(void)w;
	check(pthread_rwlock_wrlock(&rwlock) == 0);
}

static long run_rwlock_timedrdlock(struct waiting *w)
{
	const struct timespec t = eintr_until(CLOCK_REALTIME);
	const int error = pthread_rwlock_timedrdlock(&rwlock, &t);

	(void)w;
	return error == ETIMEDOUT ? 0 : error;
}

static void *sleep_long(void *arg)
{
	sleep(2);
	return arg;
}

static long run_timedjoin(struct waiting *w)
{
	const struct timespec t = eintr_until(CLOCK_REALTIME);
	pthread_t id;

	(void)w;
	check(pthread_create(&id, NULL, sleep_long, NULL) == 0);
	const int error = pthread_timedjoin_np(id, NULL, &t);
	check(pthread_detach(id) == 0);
	return error == ETIMEDOUT ? 0 : error;
}

static long run_futex(struct waiting *w)
{
	const struct timespec t = eintr_span();
	int word = 0;

	(void)w;
	return eintr_failed_with(
		syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t, NULL, 0),
		ETIMEDOUT);
}

static long run_syscall_poll(struct waiting *w)
{
	struct pollfd p = {.fd = w->fd[0], .events = POLLIN};

	return syscall(SYS_poll, &p, 1, EINTR_TIME);
}

static long run_sigtimedwait(struct waiting *w)
{
	const struct timespec t = eintr_span();
	sigset_t set;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	check(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	return eintr_failed_with(sigtimedwait(&set, NULL, &t), EAGAIN);
}

static void set_up_socket(struct waiting *w)
{
	const struct timeval t = eintr_timeval();

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, w->fd) == 0);
	check(setsockopt(w->fd[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == 0);
	check(setsockopt(w->fd[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) == 0);
}

static long run_recv_timeout(struct waiting *w)
{
	char byte;

	return eintr_failed_with(recv(w->fd[0], &byte, 1, 0), EAGAIN);
}

static long run_read_timeout(struct waiting *w)
{
	char byte;

	return eintr_failed_with(read(w->fd[0], &byte, 1), EAGAIN);
}

static void set_up_full_socket(struct waiting *w)
{
	static char bytes[4096];

	set_up_socket(w);
	while (send(w->fd[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		continue;
}

static long run_send_timeout(struct waiting *w)
{
	char bytes[4096] = {0};

	return eintr_failed_with(
		send(w->fd[0], bytes, sizeof bytes, 0), EAGAIN);
}

static void set_up_listener(struct waiting *w)
{
	const struct timeval t = eintr_timeval();
	const struct sockaddr any = {.sa_family = AF_UNIX};

	w->fd[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	check(bind(w->fd[0], &any, sizeof any.sa_family) == 0);
	check(listen(w->fd[0], 1) == 0);
	check(setsockopt(w->fd[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == 0);
}

static long run_accept_timeout(struct waiting *w)
{
	return eintr_failed_with(accept(w->fd[0], NULL, NULL), EAGAIN);
}

static void set_up_semaphore_set(struct waiting *w)
{
	w->fd[0] = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	check(w->fd[0] >= 0);
}

static long run_semtimedop(struct waiting *w)
{
	const struct timespec t = eintr_span();
	struct sembuf take = {.sem_op = -1};
	const long result =
		eintr_failed_with(semtimedop(w->fd[0], &take, 1, &t), EAGAIN);

	check(semctl(w->fd[0], 0, IPC_RMID) == 0);
	return result;
}

static long run_mq_timedreceive(struct waiting *w)
{
	struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
	char name[40], text[8];

	(void)w;
	snprintf(name, sizeof name, "/goalloc-eintr-%d", getpid());
	const mqd_t queue = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	check(queue != (mqd_t)-1 && mq_unlink(name) == 0);
	const struct timespec t = eintr_until(CLOCK_REALTIME);
	return eintr_failed_with(
		mq_timedreceive(queue, text, sizeof text, NULL, &t), ETIMEDOUT);
}

static long run_aio_suspend(struct waiting *w)
{
	static char byte;
	struct aiocb *request = calloc(1, sizeof *request);
	const struct aiocb *list[] = {request};
	const struct timespec t = eintr_span();

	request->aio_fildes = w->fd[0];
	request->aio_buf = &byte;
	request->aio_nbytes = 1;
	check(aio_read(request) == 0);
	return eintr_failed_with(aio_suspend(list, 1, &t), EAGAIN);
}

static long run_io_getevents(struct waiting *w)
{
	const struct timespec t = eintr_span();
	aio_context_t context = 0;
	struct io_event event;

	(void)w;
	check(syscall(SYS_io_setup, 1, &context) == 0);
	return syscall(SYS_io_getevents, context, 1, 1, &event, &t);
}

static const struct call calls[] = {
	{"nanosleep", NULL, run_nanosleep, NULL, 0},
	{"clock_nanosleep", NULL, run_clock_nanosleep, NULL, 0},
	{"clock_nanosleep_abs", NULL, run_clock_nanosleep_abs, NULL, 0},
	{"usleep", NULL, run_usleep, NULL, 0},
	{"sleep", NULL, run_sleep, NULL, 1000},
	{"thrd_sleep", NULL, run_thrd_sleep, NULL, 0},
	{"poll", set_up_pipe, run_poll, NULL, 0},
	{"ppoll", set_up_pipe, run_ppoll, NULL, 0},
	{"select", set_up_pipe, run_select, NULL, 0},
	{"pselect", set_up_pipe, run_pselect, NULL, 0},
	{"epoll_wait", set_up_epoll, run_epoll_wait, NULL, 0},
	{"epoll_pwait", set_up_epoll, run_epoll_pwait, NULL, 0},
	{"epoll_pwait2", set_up_epoll, run_epoll_pwait2, NULL, 0},
	{"sem_timedwait", NULL, run_sem_timedwait, NULL, 0},
	{"sem_clockwait", NULL, run_sem_clockwait, NULL, 0},
	{"cond_timedwait", NULL, run_cond_timedwait, NULL, 0},
	{"mutex_timedlock", set_up_locked, run_mutex_timedlock, NULL, 0},
	{"rwlock_timedrdlock", set_up_rwlock, run_rwlock_timedrdlock, NULL, 0},
	{"timedjoin", NULL, run_timedjoin, NULL, 0},
	{"futex", NULL, run_futex, NULL, 0},
	{"syscall_poll", set_up_pipe, run_syscall_poll, NULL, 0},
	{"sigtimedwait", NULL, run_sigtimedwait, NULL, 0},
	{"recv_timeout", set_up_socket, run_recv_timeout, NULL, 0},
	{"read_timeout", set_up_socket, run_read_timeout, NULL, 0},
	{"send_timeout", set_up_full_socket, run_send_timeout, NULL, 0},
	{"accept_timeout", set_up_listener, run_accept_timeout, NULL, 0},
	{"semtimedop", set_up_semaphore_set, run_semtimedop, NULL, 0},
	{"mq_timedreceive", NULL, run_mq_timedreceive, NULL, 0},
	{"aio_suspend", set_up_pipe, run_aio_suspend, NULL, 0},
	{"io_getevents", NULL, run_io_getevents, NULL, 0},
};

int main(int argc, char **argv)
{
	return eintr_run(calls, sizeof calls / sizeof calls[0],
		argc > 1 ? argv[1] : NULL);
}
