/*
 * output: a file that is there whole or not at all, or stdout.
 */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* Where something is being written. */
struct output {
	FILE *file;       /* to write to */
	const char *path; /* as given; NULL or "-": stdout */
	char *temp;       /* beside path, until output_close */
};

/* Opens it.  is_binary: not for a terminal.  Ends if it cannot. */
void output_open(struct output *o, const char *path, bool is_binary);

/* Puts the file in its place, if all was written; ends if it cannot. */
void output_close(struct output *o, bool is_written);

#endif
