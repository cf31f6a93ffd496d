/*
 * unwind: the stack, fast where it is simple.  See unwind_x86_64.c.
 *
 * Context: any in which the program may call malloc.
 */
#ifndef PROF_UNWIND_H
#define PROF_UNWIND_H

#include <stdbool.h>

#include "prof/stack.h"

/* Gets memory for the rules that are remembered; without it nothing is fast. */
void unwind_start(const struct stack_unwinder *u);

/* The stack of the caller; false: it is not that simple, ask libgcc. */
bool unwind_try(struct stack *stack, const struct stack_unwinder *u);

#endif
