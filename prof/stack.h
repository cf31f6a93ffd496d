/*
 * stack: who called.  See stack.c.
 */
#ifndef PROF_STACK_H
#define PROF_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _Unwind_Context;

enum { STACK_MAX = 128 /* frames kept, the innermost ones; as Go's default */ };

/* Return addresses, the innermost first. */
struct stack {
	uint32_t npcs;            /* in pcs */
	uintptr_t pcs[STACK_MAX]; /* an interrupted frame's: its pc plus 1 */
};

/* What a callback of the unwinder returns: <unwind.h> has the numbers. */
typedef int stack_visit_fn(struct _Unwind_Context *context, void *arg);

/* The unwinder of libgcc_s, and which frames are the library's own. */
struct stack_unwinder {
	/* _Unwind_Backtrace */
	int (*backtrace)(stack_visit_fn *visit, void *arg);
	/* _Unwind_GetIPInfo */
	uintptr_t (*get_ip)(struct _Unwind_Context *context, int *before);
	/* _dl_find_object, or NULL where libc has none */
	int (*find_object)(void *pc, void *result);
	uintptr_t own_start; /* first byte of this library's code */
	uintptr_t own_end;   /* one past its last */
};

/* Whether pc is in this library's code. */
static inline bool stack_is_own(const struct stack_unwinder *u, uintptr_t pc)
{
	return pc >= u->own_start && pc < u->own_end;
}

/* Sets the unwinder, and lets it do what it does once. */
void stack_set_unwinder(const struct stack_unwinder *u);

/*
 * The stack of the caller without the library's own frames; empty without an
 * unwinder.  Takes no lock of ours; the caller holds none.
 */
void stack_take(struct stack *stack);

#endif
