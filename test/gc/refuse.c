/*
 * Where the collector may find that it cannot work safely: without /proc,
 * with little address space, under seccomp filters that answer with an error,
 * or kill.  It may refuse then; the program must not notice.
 */
/* cases: chroot address_space seccomp_container seccomp_thread */
/* cases: seccomp_all seccomp_before seccomp_bare */
/* control: no, nothing need be reclaimed */
/* says: goalloc: ANY */
/* env: GOALLOC=barrier=auto */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "test/gc/herd.h"

enum { NALLOWED = 40, NTHREADS = 600 };

static const char *which;

/* What a sandboxed program, and libc under it, asks the kernel for. */
static const int allowed[] = {SYS_read, SYS_write, SYS_close, SYS_exit,
	SYS_exit_group, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise,
	SYS_mremap, SYS_brk, SYS_futex, SYS_rt_sigprocmask, SYS_rt_sigaction,
	SYS_rt_sigreturn, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_sched_yield, SYS_getpid, SYS_gettid, SYS_clone3, SYS_clone,
	SYS_set_robust_list, SYS_rseq, SYS_fstat, SYS_newfstatat};

/* What malloc, free and threads do with. */
static const int bare[] = {SYS_write, SYS_exit, SYS_exit_group, SYS_mmap,
	SYS_munmap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_futex,
	SYS_rt_sigaction, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_clone3,
	SYS_clone, SYS_set_robust_list, SYS_rseq};

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

static void filter_install(struct sock_filter *code, size_t n, unsigned flags)
{
	const struct sock_fprog program = {
		.len = (unsigned short)n, .filter = code};

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) != 0)
		_exit(NOT_HERE);
}

static struct sock_filter load_number(void)
{
	return (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
}

/* As containers have it by default: some calls fail, nobody is killed. */
static void filter_as_container(void)
{
	static const int refused[] = {SYS_userfaultfd, SYS_perf_event_open,
		SYS_bpf, SYS_process_vm_readv, SYS_ptrace, SYS_kcmp};
	struct sock_filter code[3 * NALLOWED] = {load_number()};
	size_t n = 1;

	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refused[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter_install(code, n, SECCOMP_FILTER_FLAG_TSYNC);
}

/* What is not allowed kills the process. */
static void filter_strictly(const int *numbers, size_t nnumbers, unsigned flags)
{
	struct sock_filter code[3 * NALLOWED] = {load_number()};
	size_t n = 1;

	for (size_t i = 0; i < nnumbers; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	filter_install(code, n, flags);
}

/* An empty root directory, as daemons choose it. */
static void change_root(void)
{
	check(mkdir("empty", 0755) == 0);
	if (chroot("empty") != 0 || chdir("/") != 0)
		_exit(NOT_HERE);
}

static void limit_address_space(void)
{
	const struct rlimit limit = {1 << 30, 1 << 30};

	check(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* Collects, where it can, and allocates, which starts cycles by itself. */
static void work(void)
{
	for (int i = 0; i < 20; i++) {
		gc_now();
		for (int j = 0; j < 2000; j++)
			free(malloc((size_t)(j % 700)));
		herd_churn();
	}
}

static void *thread_main(void *unused)
{
	free(malloc(100));
	return unused;
}

/* More than there are records of threads to begin with. */
static void many_threads(void)
{
	for (int i = 0; i < NTHREADS; i++) {
		pthread_t id;
		check(pthread_create(&id, NULL, thread_main, NULL) == 0);
		check(pthread_join(id, NULL) == 0);
	}
}

static void plant(void)
{
	static void *root;

	root = herd_planted(HERD_USUAL);
	opaque(&root);
}

int main(int argc, char **argv)
{
	check(argc == 2);
	which = argv[1];
	herd_start();
	herd_plant(plant);
	if (!is("seccomp_before"))
		work(); /* the filter comes when all is running */
	if (is("chroot"))
		change_root();
	else if (is("address_space"))
		limit_address_space();
	else if (is("seccomp_container"))
		filter_as_container();
	else if (is("seccomp_bare"))
		filter_strictly(bare, sizeof bare / sizeof bare[0],
			SECCOMP_FILTER_FLAG_TSYNC);
	else
		filter_strictly(allowed, sizeof allowed / sizeof allowed[0],
			is("seccomp_thread") ? 0 : SECCOMP_FILTER_FLAG_TSYNC);
	work();
	if (is("seccomp_bare"))
		many_threads();
	check_cmp(herd_lost(), ==, 0);
	herd_ask_sizes();
	return 0;
}
