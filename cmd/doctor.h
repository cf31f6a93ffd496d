/*
 * doctor: the parts of goalloc doctor.  Every check prints one finding.
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include <stdbool.h>

/* What a check has found. */
enum verdict {
	VERDICT_OK,    /* as the library wants it */
	VERDICT_NOTE,  /* it does without, at a price or less well */
	VERDICT_BITES, /* something will not work, or fail some day */
};

/* Prints a finding.  cure: what to do, or NULL. */
void doctor_say(enum verdict verdict, const char *name, const char *cure,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A heading. */
void doctor_section(const char *name);

/* How a probe in a child process ended. */
struct probe_result {
	bool works; /* it returned 0 */
	int error;  /* what else it returned: an errno, or PROBE_* */
	int signal; /* it was killed by this; 0: it was not */
};

enum {
	PROBE_NO_EFFECT = 1000, /* the call succeeds and does nothing */
};

/* Runs a probe where it can do no harm, and where its death is seen. */
struct probe_result doctor_probe(int (*probe)(void));

/* What went wrong in words, in a static buffer. */
const char *doctor_why(struct probe_result r);

/* The ladder of write barriers and the calls that stop the world. */
void doctor_check_barriers(void);
void doctor_check_calls(void);

/* Limits on memory, of the process, the container and the kernel. */
void doctor_check_limits(void);

/* The library and the loader. */
void doctor_check_preload(void);

#endif
