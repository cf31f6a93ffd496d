/*
 * peek: reads memory that may not be there (any more).
 *
 * Context: the thread that opened it, and threads that share its files.
 */
#ifndef GC_PEEK_H
#define GC_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds a way to read that works here; false: there is none. */
bool peek_open(void);

/* Closes it, or, in the child of fork, forgets what it had open. */
void peek_close(void);
void peek_forget(void);

/*
 * Copies [from, from + size) to buf as far as it can be read; how many bytes.
 * 0: nothing is mapped at from, or it cannot be read.
 */
size_t peek(void *buf, uintptr_t from, size_t size);

#endif
