/*
 * machine: what a comparison's figures depend on besides the programs.
 */
#ifndef CMD_MACHINE_H
#define CMD_MACHINE_H

#include <stdint.h>

struct machine {
	char kernel[96];       /* "Linux 6.1.0" */
	char architecture[32]; /* "x86_64" */
	char processor[96];    /* its model's name */
	char thp[32];          /* mode of transparent huge pages */
	char cgroup[32];       /* memory limit, or "none" */
	char libc[32];         /* "glibc 2.36" */
	char time[40];         /* local time of the start, ISO 8601 */
	unsigned ncpus;        /* that may be used */
	uint64_t memory;       /* bytes */
};

/* Asks the system; what it does not say is "unknown". */
void machine_read(struct machine *m);

#endif
