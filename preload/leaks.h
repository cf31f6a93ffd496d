/*
 * leaks: what the program has lost, at its end.
 */
#ifndef PRELOAD_LEAKS_H
#define PRELOAD_LEAKS_H

/*
 * With unreachable=report: runs a last collection, frees nothing, and writes
 * the heap profile of what nothing points to.  Context: the library's
 * destructor, before the profiler's and the collector's ends.
 */
void leaks_report(void);

#endif
