/*
 * profiler: how a preloaded library starts and ends the heap profiler.
 */
#ifndef PRELOAD_PROFILER_H
#define PRELOAD_PROFILER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Starts it if the options ask for it.  Context: the library's constructor,
 * after options_read.
 */
void profiler_start(void);

/* Whether it has been started, by options or by profiler_set_rate. */
bool profiler_has_started(void);

/* Sets the rate and starts it if it must; the old rate.  Context: mutator. */
uint32_t profiler_set_rate(uint32_t rate);

/* Each library's own: its threads shall know of another rate soon. */
void profiler_rate_changed(void);

#endif
