/*
 * out: collect, compress, write.
 *
 * The buffers are mappings, because what writes a profile may run on a small
 * stack.  A descriptor that takes no more is tried again, so that a socket or
 * a pipe gets the whole.
 *
 * Locking:    none.
 */
#include "prof/out.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>

#include "core/fatal.h"
#include "core/os_own.h"
#include "core/syscall.h"
#include "prof/gzip.h"

enum { PATIENCE_MS = 5000 /* for a reader that does not read */ };

static size_t gzip_size(void)
{
	return sizeof(struct gzip) + GZIP_BOUND;
}

/* Writes n bytes of p, in as many pieces as it takes. */
static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		long done = syscall3(SYS_write, fd, p, n);
		struct pollfd ready = {fd, POLLOUT, 0};
		struct timespec patience = {PATIENCE_MS / 1000, 0};
		if (done == -EAGAIN &&
			syscall4(SYS_ppoll, &ready, 1, &patience, NULL) > 0)
			continue;
		if (done == -EINTR)
			continue;
		if (done <= 0)
			return done == 0 ? EIO : (int)-done;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static void out_write(struct out *o, const uint8_t *p, size_t n)
{
	if (o->error == 0)
		o->error = write_all(o->fd, p, n);
}

static void out_flush(struct out *o)
{
	if (o->gzip != NULL)
		out_write(o, o->packed,
			gzip_block(o->gzip, o->buf, o->n, o->packed));
	else
		out_write(o, o->buf, o->n);
	o->n = 0;
}

bool out_open(struct out *o, int fd, bool gzip)
{
	*o = (struct out){.fd = fd};
	o->buf = os_own_map(OUT_SIZE);
	if (o->buf == NULL)
		return false;
	if (gzip) {
		o->gzip = os_own_map(gzip_size());
		if (o->gzip == NULL) {
			os_own_unmap(o->buf, OUT_SIZE);
			return false;
		}
		o->packed = (uint8_t *)(o->gzip + 1);
		out_write(o, o->packed, gzip_begin(o->gzip, o->packed));
	}
	return true;
}

void out_bytes(struct out *o, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		if (o->n == OUT_SIZE)
			out_flush(o);
		size_t part = OUT_SIZE - o->n < n ? OUT_SIZE - o->n : n;
		__builtin_memcpy(o->buf + o->n, p, part);
		o->n += part;
		p += part;
		n -= part;
	}
}

void out_string(struct out *o, const char *s)
{
	out_bytes(o, s, __builtin_strlen(s));
}

void out_format(struct out *o, const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	size_t n = format_args(line, sizeof line, fmt, &args);
	va_end(args);
	out_bytes(o, line, n);
}

int out_close(struct out *o)
{
	out_flush(o);
	if (o->gzip != NULL) {
		out_write(o, o->packed, gzip_end(o->gzip, o->packed));
		os_own_unmap(o->gzip, gzip_size());
	}
	os_own_unmap(o->buf, OUT_SIZE);
	return o->error;
}
