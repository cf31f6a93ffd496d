/*
 * heapprof_diff: what has changed between two profiles.
 */
#ifndef CMD_HEAPPROF_DIFF_H
#define CMD_HEAPPROF_DIFF_H

struct heapprof;

/*
 * A new profile: after's values less before's, by stacks of function names.
 * Both have been resolved (symbols_resolve).
 */
struct heapprof *heapprof_diff(struct heapprof *before, struct heapprof *after);

#endif
