/* Signals and messages between processes that a call waits for: see eintr.h. */
/* control: no, there is nothing to hide */
/* alone: it compares times with the clock */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/signalfd.h>

#include "test/gc/eintr.h"

enum { SIGNAL = 40 };

/* ---- Signals of the program's own -----------------------------------------
 */

static void ignore_signal(int sig)
{
	(void)sig;
}

static void set_up_handler(struct waiting *w)
{
	const struct sigaction action = {.sa_handler = ignore_signal};

	(void)w;
	check(sigaction(SIGNAL, &action, NULL) == 0);
}

static void wake_by_signal(struct waiting *w)
{
	check(pthread_kill(w->thread, SIGNAL) == 0);
}

static long run_pause(struct waiting *w)
{
	(void)w;
	return eintr_failed_with(pause(), EINTR);
}

static long run_sigsuspend(struct waiting *w)
{
	sigset_t none;

	(void)w;
	sigemptyset(&none);
	return eintr_failed_with(sigsuspend(&none), EINTR);
}

/* A program's own signal still interrupts. */
static long run_poll_interrupted(struct waiting *w)
{
	(void)w;
	return eintr_failed_with(poll(NULL, 0, -1), EINTR);
}

static sigset_t block_one(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	check(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	return set;
}

static long run_sigwait(struct waiting *w)
{
	const sigset_t set = block_one(SIGNAL);
	int sig;

	(void)w;
	return sigwait(&set, &sig);
}

static long run_sigwaitinfo(struct waiting *w)
{
	const sigset_t set = block_one(SIGNAL);

	(void)w;
	return sigwaitinfo(&set, NULL) == SIGNAL ? 0 : -1;
}

static long run_signalfd(struct waiting *w)
{
	const sigset_t set = block_one(SIGNAL);
	struct signalfd_siginfo info;

	(void)w;
	return read(signalfd(-1, &set, 0), &info, sizeof info) -
	       (long)sizeof info;
}

/* ---- System V and POSIX messages -------------------------------------------
 */

struct message {
	long type;
	char text[8000];
};

static void set_up_messages(struct waiting *w)
{
	w->fd[0] = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	check(w->fd[0] >= 0);
}

static void set_up_full_messages(struct waiting *w)
{
	static const struct message m = {.type = 1};

	set_up_messages(w);
	while (msgsnd(w->fd[0], &m, sizeof m.text, IPC_NOWAIT) == 0)
		continue;
}

static long run_msgrcv(struct waiting *w)
{
	struct message m;
	const ssize_t n = msgrcv(w->fd[0], &m, sizeof m.text, 0, 0);

	check(msgctl(w->fd[0], IPC_RMID, NULL) == 0);
	return n - 1;
}

static void wake_msgrcv(struct waiting *w)
{
	static const struct message m = {.type = 1};

	check(msgsnd(w->fd[0], &m, 1, 0) == 0);
}

static long run_msgsnd(struct waiting *w)
{
	static const struct message m = {.type = 1};
	const long result = msgsnd(w->fd[0], &m, sizeof m.text, 0);

	check(msgctl(w->fd[0], IPC_RMID, NULL) == 0);
	return result;
}

static void wake_msgsnd(struct waiting *w)
{
	static struct message m;

	check(msgrcv(w->fd[0], &m, sizeof m.text, 0, 0) > 0);
}

static void set_up_semaphores(struct waiting *w)
{
	w->fd[0] = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	check(w->fd[0] >= 0);
}

static long run_semop(struct waiting *w)
{
	struct sembuf take = {.sem_op = -1};
	const long result = semop(w->fd[0], &take, 1);

	check(semctl(w->fd[0], 0, IPC_RMID) == 0);
	return result;
}

static void wake_semop(struct waiting *w)
{
	struct sembuf give = {.sem_op = 1};

	check(semop(w->fd[0], &give, 1) == 0);
}

static void set_up_mqueue(struct waiting *w)
{
	struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
	char name[40];

	snprintf(name, sizeof name, "/goalloc-event-%d", getpid());
	w->fd[0] = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	check(w->fd[0] >= 0 && mq_unlink(name) == 0);
}

static long run_mq_receive(struct waiting *w)
{
	char text[8];

	return mq_receive(w->fd[0], text, sizeof text, NULL) - 1;
}

static void wake_mq(struct waiting *w)
{
	check(mq_send(w->fd[0], "x", 1, 0) == 0);
}

static const struct call calls[] = {
	{"pause", set_up_handler, run_pause, wake_by_signal, 0},
	{"sigsuspend", set_up_handler, run_sigsuspend, wake_by_signal, 0},
	{"poll_interrupted", set_up_handler, run_poll_interrupted,
		wake_by_signal, 0},
	{"sigwait", NULL, run_sigwait, wake_by_signal, 0},
	{"sigwaitinfo", NULL, run_sigwaitinfo, wake_by_signal, 0},
	{"signalfd", NULL, run_signalfd, wake_by_signal, 0},
	{"msgrcv", set_up_messages, run_msgrcv, wake_msgrcv, 0},
	{"msgsnd", set_up_full_messages, run_msgsnd, wake_msgsnd, 0},
	{"semop", set_up_semaphores, run_semop, wake_semop, 0},
	{"mq_receive", set_up_mqueue, run_mq_receive, wake_mq, 0},
};

int main(int argc, char **argv)
{
	return eintr_run(calls, sizeof calls / sizeof calls[0],
		argc > 1 ? argv[1] : NULL);
}
