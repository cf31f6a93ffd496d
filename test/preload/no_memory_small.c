/*
 * Small objects until there is no more, under a limit on the address space or
 * on data: NULL and ENOMEM, from every function; then all of it again.
 */
/* case: as exit 0 */
/* case: data exit 0 */
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "test/preload/check.h"

enum { LIMIT = 96 << 20, LEAST = 40 << 20 };

struct node {
	struct node *next;
	char rest[200];
};

/* Objects until there are no more; how many there were. */
static long exhaust(struct node **list)
{
	long n = 0;

	for (struct node *p; (p = malloc(sizeof *p)) != NULL; n++) {
		memset(p->rest, 1, sizeof p->rest);
		p->next = *list;
		*list = p;
	}
	check(errno == ENOMEM);
	return n;
}

static void expect_nothing(void)
{
	void *p = &p;

	errno = 0;
	check(calloc(1000, 1000) == NULL && errno == ENOMEM);
	errno = 0;
	check(memalign(64, 1 << 20) == NULL && errno == ENOMEM);
	errno = 0;
	check(realloc(NULL, 1 << 20) == NULL && errno == ENOMEM);
	check(posix_memalign(&p, 64, 1 << 20) == ENOMEM && p == &p);
}

int main(int argc, char **argv)
{
	const struct rlimit limit = {LIMIT, LIMIT};
	struct node *list = NULL;

	check(argc == 2);
	check(setrlimit(strcmp(argv[1], "as") == 0 ? RLIMIT_AS : RLIMIT_DATA,
		      &limit) == 0);
	for (int round = 0; round < 3; round++) {
		const long n = exhaust(&list);
		check_cmp(n * (long)sizeof *list, >=, LEAST);
		expect_nothing();
		while (list != NULL) {
			struct node *next = list->next;
			free(list);
			list = next;
		}
		void *large = malloc(LEAST / 2);
		check(large != NULL);
		free(large);
	}
	return 0;
}
