/* Streams that the program has forgotten are written out when it exits. */
/* control: no, only libc knows them */
#include <sys/wait.h>

#include "test/gc/herd.h"

enum { NSTREAMS = 50 };

static void open_all(void)
{
	for (int i = 0; i < NSTREAMS; i++) {
		char name[20], *buffer = malloc(3000);
		snprintf(name, sizeof name, "stream%d", i);
		FILE *f = fopen(name, "w");
		check(f != NULL && buffer != NULL);
		check(setvbuf(f, buffer, _IOFBF, 3000) == 0);
		check(fprintf(f, "%d", i * 7919) > 0);
	}
}

static void write_in_child(void)
{
	herd_start();
	herd_plant(open_all);
	herd_collect();
	exit(0);
}

int main(void)
{
	int status, value;
	const pid_t child = fork();

	if (child == 0)
		write_in_child();
	check(waitpid(child, &status, 0) == child && status == 0);
	for (int i = 0; i < NSTREAMS; i++) {
		char name[20];
		snprintf(name, sizeof name, "stream%d", i);
		FILE *f = fopen(name, "r");
		check(f != NULL && fscanf(f, "%d", &value) == 1);
		check_cmp(value, ==, i * 7919);
		fclose(f);
	}
	return 0;
}
