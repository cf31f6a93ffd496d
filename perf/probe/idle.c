/*
 * idle: how much memory a program still holds after it freed almost all.
 *
 *	idle KEEP SECONDS
 *
 * Allocates 2,000,000 blocks of 16-495 bytes (512 MiB), writes them, frees
 * all but one in KEEP (0: all), then sleeps.  Prints the resident KiB with
 * all blocks live, right after the frees, and after the sleep.
 *
 * After the frees the program calls nothing that allocates: whatever gives
 * the memory back does so on its own.  The table of pointers is a mapping of
 * the program's own (16 MB, part of every figure), and /proc is read with
 * plain system calls.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../draw.h"

enum { IDLE_NBLOCKS = 2000 * 1000 };

static void idle_die(const char *what)
{
	fprintf(stderr, "idle: %s\n", what);
	exit(1);
}

static unsigned long idle_read_rss_kib(void)
{
	char text[128] = {0};
	unsigned long size = 0;
	unsigned long resident = 0;
	const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
		sscanf(text, "%lu %lu", &size, &resident) != 2)
		idle_die("cannot read /proc/self/statm");
	close(fd);
	return resident * ((unsigned long)sysconf(_SC_PAGESIZE) / 1024);
}

static char **idle_map_table(void)
{
	void *table = mmap(NULL, IDLE_NBLOCKS * sizeof(char *),
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (table == MAP_FAILED)
		idle_die("mmap");
	return table;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		idle_die("usage: idle KEEP SECONDS");
	const size_t keep = strtoul(argv[1], NULL, 10);
	struct timespec pause = {atoi(argv[2]), 0};
	char **blocks = idle_map_table();
	struct draw d = {13};
	char line[128];

	for (size_t i = 0; i < IDLE_NBLOCKS; i++) {
		const size_t size = draw_range(&d, 16, 495);

		blocks[i] = malloc(size);
		if (blocks[i] == NULL)
			idle_die("out of memory");
		memset(blocks[i], 1, size);
	}
	const unsigned long full = idle_read_rss_kib();
	for (size_t i = 0; i < IDLE_NBLOCKS; i++)
		if (keep == 0 || i % keep != 0)
			free(blocks[i]);
	const unsigned long freed = idle_read_rss_kib();
	while (nanosleep(&pause, &pause) != 0)
		continue;
	const int length = snprintf(line, sizeof(line), "%lu %lu %lu\n", full,
		freed, idle_read_rss_kib());
	return write(STDOUT_FILENO, line, (size_t)length) != length;
}
