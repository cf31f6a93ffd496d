/*
 * progress: one line on stderr that says what goes on and how long it takes.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>

struct progress {
	bool is_terminal; /* the line is written over and over */
	bool is_open;     /* there is a line to be wiped */
	char last[128];   /* what was said last, without the time */
};

/* Looks at what stderr is. */
void progress_begin(struct progress *p);

/*
 * What goes on, and the seconds left (NAN: not known).  Without a terminal
 * it is said once, in a line of its own.
 */
void progress_show(struct progress *p, double left, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A line that stays. */
void progress_say(struct progress *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Wipes the line. */
void progress_end(struct progress *p);

#endif
