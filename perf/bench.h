/*
 * bench: Google Benchmark for benchmarks that are written in C.
 *
 * A benchmark is a function that asks bench_batch() for work until it is
 * told to stop:
 *
 *	static void pair_run(struct bench_state *state, long size)
 *	{
 *		while (bench_batch(state, 1000))
 *			for (int i = 0; i < 1000; i++)
 *				...one operation...
 *	}
 *
 *	bench_add("pair/64", pair_run, 64, 1);
 *
 * Work is handed out in batches so that the loop around an operation of
 * five nanoseconds is the benchmark's own, not a call into C++.  The times
 * reported are per operation.  One binary holds all benchmarks; which
 * allocator they measure is decided by LD_PRELOAD.
 */
#ifndef PERF_BENCH_H
#define PERF_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One run of one benchmark in one thread; owned by the framework. */
struct bench_state;

/* A benchmark's body; arg is what it was registered with. */
typedef void bench_body(struct bench_state *state, long arg);

/* Registers body under name; it runs in nthreads threads at once. */
void bench_add(const char *name, bench_body *body, long arg, int nthreads);

/* Grants nops more operations, or says that the run is over. */
bool bench_batch(struct bench_state *state, size_t nops);

/* Which of the benchmark's threads this is, from 0. */
int bench_thread_index(const struct bench_state *state);

/* Stops and restarts the clock, for work that is not to be measured. */
void bench_clock_stop(struct bench_state *state);
void bench_clock_start(struct bench_state *state);

/* Adds a figure of the benchmark's own to its report. */
void bench_set_counter(struct bench_state *state, const char *name, double v);

/* Reads the framework's options, runs what they select, and reports. */
int bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

/* Makes the compiler believe that p is used and that memory was read. */
static inline void bench_keep(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif
