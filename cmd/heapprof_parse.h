/*
 * heapprof_parse: the readers of each format.
 *
 * Bytes end with a 0 behind them.  The result is NULL, or says what is wrong
 * with them.
 */
#ifndef CMD_HEAPPROF_PARSE_H
#define CMD_HEAPPROF_PARSE_H

#include <stddef.h>

struct heapprof;

/* profile.proto, not gzipped any more. */
const char *heapprof_parse_pb(
	struct heapprof *p, const char *bytes, size_t size);

/* gperftools' text, Go's debug=1 text. */
const char *heapprof_parse_legacy(
	struct heapprof *p, const char *bytes, size_t size);

/* jemalloc's heap_v2. */
const char *heapprof_parse_jemalloc(
	struct heapprof *p, const char *bytes, size_t size);

/* Folded stacks, one value a line: bytes in use. */
const char *heapprof_parse_folded(
	struct heapprof *p, const char *bytes, size_t size);

#endif
