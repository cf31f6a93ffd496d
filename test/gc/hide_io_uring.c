/* user_data of a request that the kernel has not completed. */
/* expect: limit, user_data of io_uring */
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "test/gc/herd.h"

enum { ENTRIES = 64 };

static int ring;

/* A poll for input on a pipe that stays empty. */
static void fill_entry(struct io_uring_sqe *entry, int fd, void *data)
{
	*entry = (struct io_uring_sqe){
		.opcode = IORING_OP_POLL_ADD,
		.fd = fd,
		.poll32_events = 1,
		.user_data = (uintptr_t)data,
	};
}

static void *ring_map(size_t size, off_t offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, ring, offset);

	check(p != MAP_FAILED);
	return p;
}

static void plant(void)
{
	struct io_uring_params params = {0};
	int ends[2];

	ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring < 0)
		_exit(NOT_HERE);
	check(pipe(ends) == 0);
	const size_t size =
		params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	char *queue = ring_map(size, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entries =
		ring_map(params.sq_entries * sizeof *entries, IORING_OFF_SQES);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		fill_entry(&entries[i], ends[0], herd_add(100 + i));
		((uint32_t *)(queue + params.sq_off.array))[i] = i;
	}
	atomic_store((_Atomic uint32_t *)(queue + params.sq_off.tail), ENTRIES);
	check_cmp(syscall(SYS_io_uring_enter, ring, ENTRIES, 0, 0, NULL, 0), ==,
		ENTRIES);
	/* The entries are the program's to reuse once they are submitted. */
	memset(entries, 0, params.sq_entries * sizeof *entries);
}

int main(void)
{
	return herd_run(plant);
}
