/*
 * sampler_spawn: starts the command of a run.
 */
#ifndef CMD_SAMPLER_SPAWN_H
#define CMD_SAMPLER_SPAWN_H

#include <sys/types.h>

#include "cmd/sampler.h"

/*
 * The command in a process group of its own, with the request's preload,
 * settings and files.  -1: it cannot be started, *error is errno.
 */
pid_t sampler_spawn(
	const struct sampler_request *request, char **command, int *error);

/* Ends the command that runs, if any; for handlers of signals. */
void sampler_kill_command(void);

#endif
