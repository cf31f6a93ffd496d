/*
 * deny: runs a command in which a system call fails with EPERM, or, with -k,
 * kills the caller.
 *
 *	deny [-k] CALL COMMAND [ARGUMENT]...
 *
 * clone means a clone that sends no signal at its end, so that fork works.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned nr;
} calls[] = {
	{"userfaultfd", SYS_userfaultfd},
	{"membarrier", SYS_membarrier},
	{"tgkill", SYS_tgkill},
	{"process_vm_readv", SYS_process_vm_readv},
	{"close_range", SYS_close_range},
	{"clone", SYS_clone},
};

static int deny(unsigned nr, unsigned action)
{
	/* Only a clone whose signal, its low byte, is 0 is meant. */
	const unsigned mask = nr == SYS_clone ? 0xff : 0;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, args[0])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0;
}

int main(int argc, char **argv)
{
	unsigned action = SECCOMP_RET_ERRNO | EPERM;

	if (argc > 1 && strcmp(argv[1], "-k") == 0) {
		action = SECCOMP_RET_KILL_PROCESS;
		argv++;
		argc--;
	}
	for (size_t i = 0; argc > 2 && i < sizeof calls / sizeof calls[0];
		i++) {
		if (strcmp(argv[1], calls[i].name) != 0)
			continue;
		if (deny(calls[i].nr, action) != 0) {
			perror("deny: seccomp");
			return 125;
		}
		execvp(argv[2], argv + 2);
		perror("deny: exec");
		return 126;
	}
	fprintf(stderr, "usage: deny [-k] CALL COMMAND [ARGUMENT]...\n");
	return 125;
}
