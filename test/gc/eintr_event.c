/* Calls that wait for an event, which comes once: see eintr.h. */
/* control: no, there is nothing to hide */
/* alone: it compares times with the clock */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "test/gc/eintr.h"

enum { BIG = 1 << 20 };

static char big[BIG];

static void set_up_pipe(struct waiting *w)
{
	check(pipe(w->fd) == 0);
}

static void set_up_sockets(struct waiting *w)
{
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, w->fd) == 0);
}

static void wake_by_byte(struct waiting *w)
{
	check(write(w->fd[1], "xx", 2) == 2);
}

static long run_read(struct waiting *w)
{
	char bytes[2];

	return read(w->fd[0], bytes, 2) - 2;
}

static long run_readv(struct waiting *w)
{
	char bytes[2];
	const struct iovec vector[] = {{bytes, 1}, {bytes + 1, 1}};

	return readv(w->fd[0], vector, 2) - 2;
}

static long run_recv(struct waiting *w)
{
	char bytes[2];

	return recv(w->fd[0], bytes, 2, 0) - 2;
}

static long run_recvfrom(struct waiting *w)
{
	char bytes[2];

	return recvfrom(w->fd[0], bytes, 2, 0, NULL, NULL) - 2;
}

static long run_recvmsg(struct waiting *w)
{
	char bytes[2];
	struct iovec vector = {bytes, 2};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	return recvmsg(w->fd[0], &message, 0) - 2;
}

/* The first byte is there; the call may not end until the others are. */
static void set_up_first_byte(struct waiting *w)
{
	set_up_sockets(w);
	check(write(w->fd[1], "x", 1) == 1);
}

static long run_recv_waitall(struct waiting *w)
{
	char bytes[3];

	return recv(w->fd[0], bytes, 3, MSG_WAITALL) - 3;
}

/* More than fits: the call ends when all of it was taken. */
static long run_write_big(struct waiting *w)
{
	return write(w->fd[1], big, BIG) - BIG;
}

static long run_send_big(struct waiting *w)
{
	return send(w->fd[1], big, BIG, 0) - BIG;
}

static void wake_by_reading(struct waiting *w)
{
	static char sink[BIG];
	size_t n = 0;

	while (n < BIG) {
		const ssize_t got = read(w->fd[0], sink, BIG - n);
		check(got > 0);
		n += (size_t)got;
	}
}

static long run_fgets(struct waiting *w)
{
	FILE *f = fdopen(w->fd[0], "r");
	char text[10];

	check(f != NULL);
	return fgets(text, 3, f) != NULL && strcmp(text, "xx") == 0 ? 0 : 1;
}

static long run_poll(struct waiting *w)
{
	struct pollfd p = {.fd = w->fd[0], .events = POLLIN};

	return poll(&p, 1, -1) - 1;
}

static long run_select(struct waiting *w)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(w->fd[0], &set);
	return select(w->fd[0] + 1, &set, NULL, NULL, NULL) - 1;
}

static long run_epoll(struct waiting *w)
{
	struct epoll_event e = {.events = EPOLLIN};
	const int poller = epoll_create1(0);

	check(epoll_ctl(poller, EPOLL_CTL_ADD, w->fd[0], &e) == 0);
	return epoll_wait(poller, &e, 1, -1) - 1;
}

static void set_up_eventfd(struct waiting *w)
{
	w->fd[0] = eventfd(0, 0);
}

static long run_eventfd(struct waiting *w)
{
	eventfd_t value;

	return eventfd_read(w->fd[0], &value);
}

static void wake_eventfd(struct waiting *w)
{
	check(eventfd_write(w->fd[0], 1) == 0);
}

static long run_timerfd(struct waiting *w)
{
	const struct itimerspec when = {.it_value = eintr_span()};
	const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t n;

	(void)w;
	check(timerfd_settime(fd, 0, &when, NULL) == 0);
	return read(fd, &n, sizeof n) - 8;
}

static void set_up_inotify(struct waiting *w)
{
	w->fd[0] = inotify_init();
	check(mkdir("watched", 0700) == 0);
	check(inotify_add_watch(w->fd[0], "watched", IN_CREATE) >= 0);
}

static long run_inotify(struct waiting *w)
{
	char bytes[400];

	return read(w->fd[0], bytes, sizeof bytes) > 0 ? 0 : -1;
}

static void wake_inotify(struct waiting *w)
{
	(void)w;
	check(creat("watched/file", 0600) >= 0);
}

static void set_up_listener(struct waiting *w)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	strcpy(name.sun_path, "socket");
	w->fd[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	check(bind(w->fd[0], (struct sockaddr *)&name, sizeof name) == 0);
	check(listen(w->fd[0], 1) == 0);
}

static long run_accept(struct waiting *w)
{
	return accept(w->fd[0], NULL, NULL) >= 0 ? 0 : -1;
}

static void wake_accept(struct waiting *w)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)w;
	strcpy(name.sun_path, "socket");
	check(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name,
		      sizeof name) == 0);
}

static void set_up_fifo(struct waiting *w)
{
	(void)w;
	check(mkfifo("fifo", 0600) == 0);
}

static long run_open_fifo(struct waiting *w)
{
	(void)w;
	return open("fifo", O_RDONLY) >= 0 ? 0 : -1;
}

static void wake_fifo(struct waiting *w)
{
	w->fd[1] = open("fifo", O_WRONLY);
	check(w->fd[1] >= 0);
}

static void set_up_flock(struct waiting *w)
{
	w->fd[0] = open("locked", O_RDWR | O_CREAT, 0600);
	w->fd[1] = open("locked", O_RDWR);
	check(w->fd[1] >= 0 && flock(w->fd[1], LOCK_EX) == 0);
}

static long run_flock(struct waiting *w)
{
	return flock(w->fd[0], LOCK_EX);
}

static void wake_flock(struct waiting *w)
{
	check(flock(w->fd[1], LOCK_UN) == 0);
}

static struct flock whole_file(short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static void set_up_ofd_lock(struct waiting *w)
{
	struct flock lock = whole_file(F_WRLCK);

	w->fd[0] = open("locked too", O_RDWR | O_CREAT, 0600);
	w->fd[1] = open("locked too", O_RDWR);
	check(fcntl(w->fd[1], F_OFD_SETLK, &lock) == 0);
}

static long run_ofd_lock(struct waiting *w)
{
	struct flock lock = whole_file(F_WRLCK);

	return fcntl(w->fd[0], F_OFD_SETLKW, &lock);
}

static void wake_ofd_lock(struct waiting *w)
{
	struct flock lock = whole_file(F_UNLCK);

	check(fcntl(w->fd[1], F_OFD_SETLK, &lock) == 0);
}

/* A child that ends in time; begun by the thread that waits for it. */
static pid_t child_start(void)
{
	const pid_t pid = fork();

	check(pid >= 0);
	if (pid == 0) {
		usleep(EINTR_TIME * 1000);
		_exit(0);
	}
	return pid;
}

static long run_waitpid(struct waiting *w)
{
	const pid_t pid = child_start();

	(void)w;
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static long run_waitid(struct waiting *w)
{
	siginfo_t info;

	(void)w;
	return waitid(P_PID, (id_t)child_start(), &info, WEXITED);
}

static long run_system(struct waiting *w)
{
	(void)w;
	return system("exec sleep 0.3");
}

static long run_popen(struct waiting *w)
{
	FILE *f = popen("sleep 0.3; echo x", "r");
	char text[4];

	(void)w;
	check(f != NULL);
	return fgets(text, sizeof text, f) != NULL && pclose(f) == 0 ? 0 : 1;
}

static long run_sem_wait(struct waiting *w)
{
	return sem_wait(&w->sem);
}

static void wake_sem(struct waiting *w)
{
	check(sem_post(&w->sem) == 0);
}

static long run_cond_wait(struct waiting *w)
{
	check(pthread_mutex_lock(&w->mutex) == 0);
	while (w->extra == NULL)
		check(pthread_cond_wait(&w->cond, &w->mutex) == 0);
	return pthread_mutex_unlock(&w->mutex);
}

static void wake_cond(struct waiting *w)
{
	check(pthread_mutex_lock(&w->mutex) == 0);
	w->extra = w;
	check(pthread_cond_signal(&w->cond) == 0);
	check(pthread_mutex_unlock(&w->mutex) == 0);
}

static void set_up_locked(struct waiting *w)
{
	check(pthread_mutex_lock(&w->mutex) == 0);
}

static long run_mutex_lock(struct waiting *w)
{
	return pthread_mutex_lock(&w->mutex);
}

static void wake_mutex(struct waiting *w)
{
	check(pthread_mutex_unlock(&w->mutex) == 0);
}

static void *sleep_a_while(void *arg)
{
	usleep(EINTR_TIME * 1000);
	return arg;
}

static long run_join(struct waiting *w)
{
	pthread_t id;

	(void)w;
	check(pthread_create(&id, NULL, sleep_a_while, NULL) == 0);
	return pthread_join(id, NULL);
}

static const struct call calls[] = {
	{"read", set_up_pipe, run_read, wake_by_byte, 0},
	{"readv", set_up_pipe, run_readv, wake_by_byte, 0},
	{"recv", set_up_sockets, run_recv, wake_by_byte, 0},
	{"recvfrom", set_up_sockets, run_recvfrom, wake_by_byte, 0},
	{"recvmsg", set_up_sockets, run_recvmsg, wake_by_byte, 0},
	{"recv_waitall", set_up_first_byte, run_recv_waitall, wake_by_byte, 0},
	{"write_big", set_up_pipe, run_write_big, wake_by_reading, 0},
	{"send_big", set_up_sockets, run_send_big, wake_by_reading, 0},
	{"fgets", set_up_pipe, run_fgets, wake_by_byte, 0},
	{"poll", set_up_pipe, run_poll, wake_by_byte, 0},
	{"select", set_up_pipe, run_select, wake_by_byte, 0},
	{"epoll_wait", set_up_pipe, run_epoll, wake_by_byte, 0},
	{"eventfd", set_up_eventfd, run_eventfd, wake_eventfd, 0},
	{"timerfd", NULL, run_timerfd, NULL, 0},
	{"inotify", set_up_inotify, run_inotify, wake_inotify, 0},
	{"accept", set_up_listener, run_accept, wake_accept, 0},
	{"open_fifo", set_up_fifo, run_open_fifo, wake_fifo, 0},
	{"flock", set_up_flock, run_flock, wake_flock, 0},
	{"fcntl_setlkw", set_up_ofd_lock, run_ofd_lock, wake_ofd_lock, 0},
	{"waitpid", NULL, run_waitpid, NULL, 0},
	{"waitid", NULL, run_waitid, NULL, 0},
	{"system", NULL, run_system, NULL, 0},
	{"popen", NULL, run_popen, NULL, 0},
	{"sem_wait", NULL, run_sem_wait, wake_sem, 0},
	{"cond_wait", NULL, run_cond_wait, wake_cond, 0},
	{"mutex_lock", set_up_locked, run_mutex_lock, wake_mutex, 0},
	{"join", NULL, run_join, NULL, 0},
};

int main(int argc, char **argv)
{
	return eintr_run(calls, sizeof calls / sizeof calls[0],
		argc > 1 ? argv[1] : NULL);
}
