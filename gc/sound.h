/*
 * sound: proof that what is called unreachable is.  See sound.c.
 */
#ifndef GC_SOUND_H
#define GC_SOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mspan.h"

/* Sets up the flags; false: no memory.  Before the first cycle. */
bool sound_init(void);

/* These objects of word w were found unreachable.  Holds: as a sweep. */
void sound_flag(struct mspan *s, unsigned w, uint64_t unreachable);

/*
 * The program names an object in a call: if it was found unreachable, that
 * was wrong; says so.  verb: "free".
 */
void sound_check(struct objref o, const char *verb);

/* Says what there was: "gcsound: 3 cycles, 10 objects unreachable, 0 unsound"
 */
void sound_report(uint64_t ncycles);

#endif
