/*
 * process: fork, vfork and exec.
 */
#ifndef SHIMS_PROCESS_H
#define SHIMS_PROCESS_H

/* Watches fork.  Once. */
void process_start(void);

#endif
