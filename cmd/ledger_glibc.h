/*
 * ledger_glibc: which memory of a process is glibc's malloc's.
 */
#ifndef CMD_LEDGER_GLIBC_H
#define CMD_LEDGER_GLIBC_H

#include <stdint.h>
#include <sys/types.h>

#include "cmd/smaps.h"

/* Resident bytes of its arenas and of its mmapped chunks. */
uint64_t ledger_glibc_resident(pid_t pid, const struct smaps *s);

#endif
