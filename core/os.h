/*
 * os: address space and time, from the kernel.
 *
 *   none --os_reserve_at--> reserved --os_commit--> ready <--+
 *                              ^                      |      | (zero again)
 *                              +-----os_release-------+------+
 *
 * Reserved memory cannot be touched and is charged to nobody; ready memory
 * can.  os_release gives the pages back; whether the range is then ready and
 * zero, or reserved again and in need of os_commit, depends on how the kernel
 * accounts memory: os_release_uncommits says which.
 *
 * Only "out of memory" reaches callers; any other failure is a bug here or in
 * the kernel, and fatal here, where the error still says which.  No function
 * touches errno.
 *
 * Context: any.
 */
#ifndef CORE_OS_H
#define CORE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/compiler.h"

/* The kernel's page size in bytes; 4096 until os_init. */
extern size_t os_page_size HIDDEN;

/* Reads what the rest needs to know.  Once, before any other call. */
void os_init(void);

/* Zeroed memory of our own, page aligned; NULL: no memory. */
void *os_map(size_t size);

/* Gives back what os_map returned. */
void os_unmap(void *p, size_t size);

/* Reserves address space anywhere; NULL: none. */
void *os_reserve(size_t size);

enum os_reserve_result {
	OS_RESERVED,  /* it is ours */
	OS_TAKEN,     /* something else lies there */
	OS_NO_MEMORY, /* a limit forbids it */
};

/* Reserves exactly [addr, addr + size); never moves what lies there. */
enum os_reserve_result os_reserve_at(uintptr_t addr, size_t size);

/* Reserved to ready; false: no memory. */
bool os_commit(uintptr_t addr, size_t size);

/* Ready or reserved to not resident; see os_release_uncommits. */
void os_release(uintptr_t addr, size_t size);

/* Ready memory is no longer resident, stays ready and reads as zero. */
void os_purge(uintptr_t addr, size_t size);

/*
 * Whether the kernel charges memory when it becomes ready, not when it is
 * touched (vm.overcommit_memory=2), so that os_release takes it back to
 * reserved.  Constant after the first call.
 */
bool os_release_uncommits(void);

/*
 * Moves the pages of [from, from + size) to [to, to + size), both ready and
 * page aligned, without copying; the source stays ready and reads as zero.
 * false: the kernel cannot, nothing changed.  Leaves a mapping at `to` that
 * does not merge with its neighbours; os_reset mends that.
 */
bool os_move(uintptr_t from, uintptr_t to, size_t size);

/* As os_release, and the range is mapped afresh. */
void os_reset(uintptr_t addr, size_t size);

/* Monotonic time in ns, a few ms coarse and cheap. */
uint64_t os_now_ns(void);

/* Monotonic time in ns, exact; time since 1970; CPU time of this thread. */
uint64_t os_precise_ns(void);
uint64_t os_wall_ns(void);
uint64_t os_thread_cpu_ns(void);

/* 64 bits that differ from process to process. */
uint64_t os_random(void);

/* Bytes of physical memory. */
uint64_t os_physical_memory(void);

/* The limit on address space in bytes, UINT64_MAX when there is none. */
uint64_t os_address_space_limit(void);

/* Sleeps while *word == value; may return early.  errno is untouched. */
void os_futex_wait(uint32_t *word, uint32_t value);

/* The same for at most so many milliseconds. */
void os_futex_wait_ms(uint32_t *word, uint32_t value, uint32_t ms);

/* Wakes one thread that sleeps on word, or all of them. */
void os_futex_wake(uint32_t *word);
void os_futex_wake_all(uint32_t *word);

/* A kernel thread that libc does not know.  Zero: never started. */
struct os_thread {
	uint32_t tid; /* futex word; the kernel clears it at the end */
	char *area;   /* its stack and its TLS, kept for the next start */
};

/*
 * Starts a thread that runs main(NULL) and ends.  All signals are blocked in
 * it.  Its TLS is not libc's: only `tls_top`, a variable of the caller's
 * thread, and what lies above it may be used, and is zero at first.  Nothing
 * it runs may call libc.  false: it could not be started.
 */
bool os_thread_start(
	struct os_thread *t, void (*main)(void *), const void *tls_top);

/* Whether it has been started and has not ended. */
bool os_thread_is_running(const struct os_thread *t);

/* Returns when it, and not one started since, has ended. */
void os_thread_wait(struct os_thread *t);

/* In the child of fork: it is not here. */
void os_thread_forget(struct os_thread *t);

/* How many of them run, and whether the thread with this number is one. */
size_t os_thread_count(void);
bool os_thread_owns(uint32_t tid);

#endif
