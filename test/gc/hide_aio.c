/* Requests under way are known to libc's helper threads, and nobody else. */
/* control: no, libc remembers those that are done */
#include <aio.h>
#include <signal.h>
#include <stdatomic.h>

#include "test/gc/herd.h"

enum { NREQUESTS = 8, BUFFER = 512 };

static int ends[NREQUESTS][2];
static atomic_int ndone;

static void note(union sigval value)
{
	(void)value;
	atomic_fetch_add(&ndone, 1);
}

/* The request is the object; its buffer and its value lie in others. */
static void plant(void)
{
	for (int i = 0; i < NREQUESTS; i++) {
		struct aiocb *request = calloc(1, sizeof *request + 100);
		herd_adopt(request, sizeof *request + 100, sizeof *request);
		check(pipe(ends[i]) == 0);
		request->aio_fildes = ends[i][0];
		request->aio_buf = malloc(BUFFER);
		request->aio_nbytes = 1;
		request->aio_sigevent.sigev_notify = SIGEV_THREAD;
		request->aio_sigevent.sigev_notify_function = note;
		request->aio_sigevent.sigev_value.sival_ptr =
			herd_add(100 + (size_t)i);
		check(aio_read(request) == 0);
	}
}

static void finish(void)
{
	for (int i = 0; i < NREQUESTS; i++)
		check(write(ends[i][1], "x", 1) == 1);
	for (int i = 0; i < 2000 && atomic_load(&ndone) < NREQUESTS; i++)
		usleep(1000);
	check_cmp(atomic_load(&ndone), ==, NREQUESTS);
	usleep(20000);
	scrub();
}

int main(void)
{
	herd_start();
	herd_plant(plant);
	herd_collect();
	const int status = herd_end();
	finish();
	return status;
}
