/*
 * heapprof_read: a file, or bytes, to a profile.
 *
 * The first bytes say which format it is: gzip is undone first, a text
 * begins with its format's word, and what is no text is profile.proto.
 *
 * Context:    one thread.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cmd/heapprof.h"
#include "cmd/heapprof_parse.h"
#include "cmd/say.h"

enum { PROFILE_MAX = 1 << 30 /* bytes; more is no heap profile */ };

static bool begins_with(const char *bytes, size_t size, const char *word)
{
	return size >= strlen(word) && memcmp(bytes, word, strlen(word)) == 0;
}

/* Whether the first bytes are those of a text. */
static bool is_text(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size && i < 512; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c < 32 && !isspace(c))
			return false;
	}
	return size > 0;
}

struct heapprof *heapprof_parse(
	const char *path, const char *bytes, size_t size)
{
	struct heapprof *p = heapprof_new();
	const char *wrong;

	if (size == 0)
		wrong = "it is empty";
	else if (begins_with(bytes, size, "heap profile:"))
		wrong = heapprof_parse_legacy(p, bytes, size);
	else if (begins_with(bytes, size, "heap_v2/"))
		wrong = heapprof_parse_jemalloc(p, bytes, size);
	else if (is_text(bytes, size))
		wrong = heapprof_parse_folded(p, bytes, size);
	else
		wrong = heapprof_parse_pb(p, bytes, size);
	if (wrong != NULL)
		die(STATUS_FAILED, "%s is no heap profile: %s", path, wrong);
	return p;
}

struct heapprof *heapprof_read(const char *path)
{
	size_t n = 0, cap = 0;
	char *bytes = NULL;
	int got = 1;

	errno = 0;
	gzFile in =
		gzopen(path, "rbe"); /* reads what is not gzipped as it is */
	if (in == NULL)
		die(STATUS_FAILED, "cannot read %s: %s", path,
			errno != 0 ? strerror(errno) : "no memory");
	for (; got > 0 && n<PROFILE_MAX; n += got> 0 ? (size_t)got : 0) {
		while (cap < n + 65536)
			bytes = must_grow(bytes, cap, &cap, 1);
		got = gzread(in, bytes + n, (unsigned)(cap - n - 1));
	}
	int error = Z_OK;
	const char *what = gzerror(in, &error);
	if (got < 0 || error != Z_OK)
		die(STATUS_FAILED, "cannot read %s: %s", path,
			error == Z_ERRNO ? strerror(errno) : what);
	gzclose(in);
	bytes[n] = '\0';
	struct heapprof *p = heapprof_parse(path, bytes, n);
	free(bytes);
	return p;
}
