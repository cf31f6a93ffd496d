/*
 * sampler_trace: counts a command's calls of mmap, munmap, madvise and brk,
 * in all its threads and children.
 */
#ifndef CMD_SAMPLER_TRACE_H
#define CMD_SAMPLER_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "cmd/metrics.h"

/*
 * In the child, before exec: the calls that are counted stop for the tracer
 * from here on.  false: the kernel has no such filter.
 */
bool sampler_trace_filter(void);

/* Becomes the tracer of pid, which must wait meanwhile.  false: denied. */
bool sampler_trace_seize(pid_t pid);

/*
 * Lets the command run until all of it has ended; the counts go to *metrics.
 * Returns the wait status of pid.
 */
int sampler_trace_run(pid_t pid, struct metrics *metrics);

#endif
