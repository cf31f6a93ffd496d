/*
 * child: a command that is run and waited for.
 */
#ifndef CMD_CHILD_H
#define CMD_CHILD_H

#include <sys/types.h>

struct environment;

/*
 * Starts the command under the library; signals of the terminal are for it
 * alone from then on.  Its process number.
 */
pid_t child_start(const struct environment *e, char **command);

/* Waits for its end: its exit status as a shell gives it, 128+N by signal. */
int child_wait(pid_t child);

#endif
