/* Memory that the program itself watches by a userfaultfd of its own. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "test/gc/herd.h"

enum { SIZE = 1 << 20 };

static uintptr_t hidden_place;

static void plant(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	const int fd =
		(int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0)
		_exit(NOT_HERE);
	void **p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(p != MAP_FAILED);
	memset(p, 0, SIZE);
	struct uffdio_register all = {
		.range = {(uintptr_t)p, SIZE},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	check(ioctl(fd, UFFDIO_REGISTER, &all) == 0);
	p[1000] = herd_planted(HERD_USUAL);
	hidden_place = hide(p);
}

int main(void)
{
	herd_start();
	herd_plant(plant);
	herd_collect();
	check(((void **)unhide(hidden_place))[1000] == herd_value());
	return herd_end();
}
