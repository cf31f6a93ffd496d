/*
 * signals: the program's signal handlers run as running threads.
 *
 * A handler that interrupts a safe region runs code of the program in a thread
 * that counts as stopped.  So while a collector runs, the kernel has
 * signals_run in the place of every handler of the program: it leaves the
 * region, calls the handler and enters the region again.  Functions that read
 * handlers back see the program's own.
 */
#ifndef SHIMS_SIGNALS_H
#define SHIMS_SIGNALS_H

/* Stands before the handlers that there are already.  Once. */
void signals_start(void);

#endif
