/*
 * A program in C whose plugin brought a C++ runtime in a scope of its own: an
 * operator new that fails still finds that runtime and runs its new_handler.
 */
/* glibc: no, such a program has no operator new of its own */
#include <setjmp.h>
#include <stdlib.h>

#include "test/preload/check.h"

static jmp_buf out;

static void handler(void)
{
	longjmp(out, 1);
}

int main(void)
{
	void *(*operator_new)(size_t) =
		(void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
	void (*operator_delete)(void *) =
		(void (*)(void *))dlsym(RTLD_DEFAULT, "_ZdlPv");
	void *(*operator_new_nothrow)(size_t, const void *) = (void *(*)(size_t,
		const void *))dlsym(RTLD_DEFAULT, "_ZnwmRKSt9nothrow_t");

	check(operator_new != NULL && operator_delete != NULL);
	operator_delete(operator_new(100));
	check(operator_new_nothrow(PTRDIFF_MAX, "") == NULL);

	void *runtime = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
	check(runtime != NULL);
	void (*(*set_new_handler)(void (*)(void)))(void) =
		(void (*(*)(void (*)(void)))(void))dlsym(
			runtime, "_ZSt15set_new_handlerPFvvE");
	check(set_new_handler != NULL);
	set_new_handler(handler);
	if (setjmp(out) == 0) {
		operator_new(PTRDIFF_MAX);
		check(false);
	}
	return 0;
}
