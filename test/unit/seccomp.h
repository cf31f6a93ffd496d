/*
 * seccomp.h: system calls that fail, or kill, as in a container or sandbox.
 */
#ifndef GOALLOC_TEST_SECCOMP_H
#define GOALLOC_TEST_SECCOMP_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "test/unit/unit.h"

/* A system call, and if it is an ioctl, which one.  Number 0 ends a list. */
struct test_denied {
	long number;
	uint32_t request; /* of SYS_ioctl */
	uint32_t action;  /* SECCOMP_RET_* */
};

#define TEST_FAILS(error) (SECCOMP_RET_ERRNO | (error))

enum { TEST_MAX_DENIED = 4 };

/* From here on, for this process and its children.  Not SYS_read (0). */
static inline void test_deny(const struct test_denied *list)
{
	struct sock_filter code[TEST_MAX_DENIED * 5 + 1];
	unsigned short n = 0;

	for (; list->number != 0; list++) {
		const bool any = list->number != SYS_ioctl;
		ck_assert_uint_lt(n + 5U, UNIT_COUNT(code));
		code[n++] =
			(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				offsetof(struct seccomp_data, nr));
		code[n++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
				(uint32_t)list->number, 0, 3);
		code[n++] =
			(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				offsetof(struct seccomp_data, args[1]));
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | (any ? BPF_JGE : BPF_JEQ) | BPF_K,
			any ? 0 : list->request, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, list->action);
	}
	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	const struct sock_fprog program = {n, code};
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

#endif
