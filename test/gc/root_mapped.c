/*
 * Memory that the program maps for itself is a root, however it came by it
 * and whether or not it may write there just now.
 */
/* cases: private shared memfd memfd_private file file_shared brk sysv */
/* cases: read_only sparse moved grown fixed after_madvise zero_device */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "test/gc/herd.h"

enum {
	SIZE = 1 << 20,
	OFFSET = 700 * 1024 + 8,
	FIXED_OFFSET = 256 << 10,
};
static const size_t SPARSE = (size_t)64 << 30;

static const char *which;
static uintptr_t hidden_base; /* no pointer to it, as for a heap of its own */
static size_t place_offset = OFFSET;

static bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

static void *map(size_t size, int flags, int fd)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	check(p != MAP_FAILED);
	return p;
}

static int file_new(void)
{
	char name[] = "mapped.XXXXXX";
	const int fd = mkstemp(name);

	check(fd >= 0 && unlink(name) == 0 && ftruncate(fd, SIZE) == 0);
	return fd;
}

static int memfd_new(void)
{
	const int fd = memfd_create("test", 0);

	check(fd >= 0 && ftruncate(fd, SIZE) == 0);
	return fd;
}

static void *sysv_new(void)
{
	const int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);

	check(id >= 0);
	void *p = shmat(id, NULL, 0);
	check(p != (void *)-1 && shmctl(id, IPC_RMID, NULL) == 0);
	return p;
}

/* A page in the middle of another mapping is replaced. */
static void *fixed_new(void)
{
	char *p = map(SIZE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	check(mmap(p + FIXED_OFFSET, SIZE / 4, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		      0) == p + FIXED_OFFSET);
	place_offset = FIXED_OFFSET + 4096 - 8;
	return p;
}

static void *place_new(void)
{
	if (is("shared"))
		return map(SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
	if (is("memfd"))
		return map(SIZE, MAP_SHARED, memfd_new());
	if (is("memfd_private"))
		return map(SIZE, MAP_PRIVATE, memfd_new());
	if (is("file"))
		return map(SIZE, MAP_PRIVATE, file_new());
	if (is("file_shared"))
		return map(SIZE, MAP_SHARED, file_new());
	if (is("zero_device"))
		return map(SIZE, MAP_PRIVATE, open("/dev/zero", O_RDWR));
	if (is("brk"))
		return sbrk(SIZE);
	if (is("sysv"))
		return sysv_new();
	if (is("sparse")) {
		place_offset = SPARSE / 3 / 8 * 8;
		return map(SPARSE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			-1);
	}
	if (is("fixed"))
		return fixed_new();
	return map(SIZE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void **place(void)
{
	return (void **)((char *)unhide(hidden_base) + place_offset);
}

static void plant(void)
{
	*place() = herd_planted(HERD_USUAL);
}

/* What happens to the mapping between two cycles. */
static void change(void)
{
	char *p = unhide(hidden_base);

	if (is("read_only"))
		check(mprotect(p, SIZE, PROT_READ) == 0);
	if (is("moved") || is("grown")) {
		const size_t size = is("grown") ? (size_t)SIZE * 8 : SIZE;
		char *to = map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		to = mremap(p, SIZE, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		check(to != MAP_FAILED);
		hidden_base = hide(to);
	}
	if (is("after_madvise"))
		check(madvise(p, 65536, MADV_DONTNEED) == 0 &&
			madvise(p + SIZE - 65536, 65536, MADV_FREE) == 0);
}

int main(int argc, char **argv)
{
	check(argc == 2);
	which = argv[1];
	herd_start();
	hidden_base = hide(place_new());
	scrub();
	herd_plant(plant);
	gc_now();
	change();
	scrub();
	herd_collect();
	check(*place() == herd_value());
	scrub();
	return herd_end();
}
