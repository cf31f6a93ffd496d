/*
 * compare_profile: the profiles that a profiled run has left.
 */
#ifndef CMD_COMPARE_PROFILE_H
#define CMD_COMPARE_PROFILE_H

#include "cmd/compare.h"

/* Where a profiled run of p writes, and what makes it: LD_PRELOAD, GOALLOC. */
struct profile_setup {
	char *preload; /* the recorder, or the library itself */
	char *options; /* "GOALLOC=profile=..." */
	char *rate;    /* "GOALLOC_GODEBUG=memprofilerate=..." */
};

/* For a run that writes below folder; profile_setup_free must follow. */
struct profile_setup profile_setup_for(
	const struct contender *p, const char *folder);

/* Gives the memory back. */
void profile_setup_free(struct profile_setup *setup);

/* Reads what the run has written below folder, and removes it. */
void contender_read_profiles(struct contender *p, const char *folder);

/* Writes the profiles of all contenders into the report's folder. */
void compare_write_profiles(const struct comparison *c);

#endif
