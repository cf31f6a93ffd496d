/* A program that keeps a pointer in the base of the segment register gs. */
/* expect: limit, the gs register's base */
#include <asm/prctl.h>
#include <sys/syscall.h>

#include "test/gc/herd.h"

static void plant(void)
{
	check(syscall(SYS_arch_prctl, ARCH_SET_GS, herd_new(HERD_USUAL)) == 0);
}

int main(void)
{
	return herd_run(plant);
}
