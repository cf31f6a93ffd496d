/*
 * profiler: how a preloaded library starts and ends the heap profiler.
 */
#ifndef PRELOAD_PROFILER_H
#define PRELOAD_PROFILER_H

/*
 * Starts it if the options ask for it.  Context: the library's constructor,
 * after options_read.
 */
void profiler_start(void);

#endif
