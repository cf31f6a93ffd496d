/* operator delete finds the same misuse as free. */
/* glibc: no, the lines are ours */
/* case: twice abort `goalloc: double free of PTR (size class 64)` */
/* case: array_twice abort `goalloc: double free of PTR (size class 64)` */
/* case: sized_twice abort `goalloc: double free of PTR (size class 64)` */
/* case: aligned_twice abort `goalloc: double free of PTR (size class 64)` */
/* case: then_free abort `goalloc: double free of PTR (size class 64)` */
/* case: cookie abort
 * `goalloc: free of misaligned pointer PTR (size class 64)` */
/* case: stack abort
 * `goalloc: free of pointer PTR that is not from this heap` */
/* case: mixed exit 0 */
#include <cstdlib>
#include <new>

#include "test/preload/check.h"

static const auto align = std::align_val_t(64);

static void *object()
{
	opaque(operator new(50));
	return operator new(50);
}

/* new paired with free, a wrong size: everyone else lets it pass. */
static void mixed()
{
	std::free(operator new(50));
	operator delete(std::malloc(50));
	operator delete[](operator new(50));
	operator delete(operator new(50), size_t(8));
	operator delete(operator new(50), size_t(5000));
	operator delete(operator new(50, align));
}

int main(int argc, char **argv)
{
	check(argc == 2);
	const auto is = [argv](const char *name) {
		return strcmp(argv[1], name) == 0;
	};
	void *p = object();
	char bytes[64];

	if (is("mixed"))
		mixed();
	if (is("stack"))
		operator delete(opaque(bytes));
	if (is("cookie"))
		operator delete(static_cast<char *>(p) + 8);
	if (is("aligned_twice")) {
		p = operator new(50, align);
		operator delete(p, align);
		operator delete(opaque(p), align);
	}
	if (is("twice") || is("sized_twice") || is("then_free"))
		operator delete(p);
	if (is("array_twice"))
		operator delete[](p);
	if (is("twice"))
		operator delete(opaque(p));
	if (is("sized_twice"))
		operator delete(opaque(p), size_t(50));
	if (is("then_free"))
		std::free(opaque(p));
	if (is("array_twice"))
		operator delete[](opaque(p));
	return 0;
}
