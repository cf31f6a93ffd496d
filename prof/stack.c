/*
 * stack: return addresses, by our own unwinder or by libgcc's.
 *
 * Programs are built without frame pointers, so a stack is read by the
 * unwind tables.  prof/unwind_x86_64.c does that for most stacks, libgcc_s
 * for the others: those with signal handlers, or with code made at run time.
 * Whoever starts the profile has loaded
 * it by then, because loading it inside malloc could deadlock, and passes its
 * functions here.
 *
 * The frames that come first are the library's: malloc and what it calls.
 * They are left out, so the innermost frame is whoever called malloc.
 *
 * No lock of ours is held while unwinding.  The unwinder finds tables by
 * _dl_find_object, which takes none; before glibc 2.35 by dl_iterate_phdr,
 * whose lock is recursive, so that a thread in the middle of dlopen gets it
 * again.  What the unwinder allocates comes from a busy thread, and is not
 * sampled.
 *
 * Locking:    none.  Context: any in which the program may call malloc.
 */
#include "prof/stack.h"

#include "prof/unwind.h"

enum {
	GO_ON = 0,        /* _URC_NO_REASON */
	END_OF_STACK = 5, /* _URC_END_OF_STACK */
};

static struct stack_unwinder unwinder;

static int stack_visit(struct _Unwind_Context *context, void *arg)
{
	struct stack *stack = arg;
	int before = 0;
	uintptr_t pc = unwinder.get_ip(context, &before);

	if (pc == 0)
		return END_OF_STACK;
	if (stack->npcs == 0 && stack_is_own(&unwinder, pc))
		return GO_ON;
	stack->pcs[stack->npcs++] = pc + (before != 0);
	return stack->npcs < STACK_MAX ? GO_ON : END_OF_STACK;
}

void stack_take(struct stack *stack)
{
	if (unwind_try(stack, &unwinder))
		return;
	stack->npcs = 0;
	if (unwinder.backtrace != NULL)
		unwinder.backtrace(stack_visit, stack);
}

void stack_set_unwinder(const struct stack_unwinder *u)
{
	struct stack first;

	unwinder = *u;
	stack_take(&first); /* libgcc's first time */
	unwind_start(u);
	stack_take(&first);
}
