/*
 * malloc_info writes XML with glibc's elements and this heap's numbers, or
 * EINVAL and nothing for options other than 0.
 */
/* glibc: no, the numbers and the version are ours */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

static char *text; /* what malloc_info wrote */

/* The number in the attribute that follows the last occurrence of tag. */
static long last_number(const char *tag, const char *attribute)
{
	const char *at = NULL;
	long n = -1;

	for (const char *p = text; (p = strstr(p, tag)) != NULL; p++)
		at = p;
	check(at != NULL);
	at = strstr(at, attribute);
	check(at != NULL);
	check(sscanf(at + strlen(attribute), "=\"%ld\"", &n) == 1);
	return n;
}

/* Every element is closed, in the right order. */
static void check_nesting(void)
{
	const char *stack[10];
	int depth = 0;

	for (const char *p = text; (p = strchr(p, '<')) != NULL; p++) {
		const char *end = strchr(p, '>');
		check(end != NULL);
		if (p[1] == '/') {
			check(depth > 0);
			depth--;
			check(strncmp(stack[depth] + 1, p + 2,
				      (size_t)(end - p - 2)) == 0);
		} else if (end[-1] != '/') {
			check(depth < 10);
			stack[depth++] = p;
		}
	}
	check(depth == 0);
}

int main(void)
{
	size_t size;
	FILE *out = open_memstream(&text, &size);
	void *large = malloc(5 << 20);

	for (int i = 0; i < 1000; i++)
		check(malloc(200) != NULL);
	errno = 0;
	check(malloc_info(1, out) == EINVAL && malloc_info(-1, out) == EINVAL);
	fflush(out);
	check(size == 0);
	check(malloc_info(0, out) == 0);
	fclose(out);

	check(strncmp(text, "<malloc version=\"goalloc-1\">\n", 29) == 0);
	check(strcmp(text + size - 10, "</malloc>\n") == 0);
	check_nesting();
	check(strstr(text, "<heap nr=\"0\">") != NULL);
	check_cmp(last_number("<total type=\"mmap\"", "size"), >=, 5 << 20);
	check_cmp(last_number("<total type=\"mmap\"", "count"), ==, 1);
	const long current = last_number("<system type=\"current\"", "size");
	check_cmp(current, >=, 200000);
	check_cmp(last_number("<system type=\"max\"", "size"), >=, current);
	check_cmp(last_number("<total type=\"rest\"", "size"), <=, current);
	check_cmp(last_number("<total type=\"fast\"", "size"), ==, 0);
	check_cmp(last_number("<aspace type=\"total\"", "size"), >=, current);
	check_cmp(last_number("to=\"208\"", "count"), >=, 1000);
	free(large);
	free(text);
	return 0;
}
