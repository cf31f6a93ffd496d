/*
 * operator new without memory: bad_alloc is thrown, the nothrow forms return
 * NULL, and a new_handler runs until it finds memory, throws or is removed.
 */
#include <cstdlib>
#include <new>
#include <sys/resource.h>

#include "test/preload/check.h"

static const size_t too_much = PTRDIFF_MAX, align = 4096;
static int ncalls;
static void *reserve;

static void give_up()
{
	if (++ncalls == 5)
		std::set_new_handler(nullptr);
}

static void throw_int()
{
	throw 4711;
}

static void free_reserve()
{
	ncalls++;
	std::free(reserve);
	reserve = nullptr;
	std::set_new_handler(nullptr);
}

template <typename Call> static bool throws_bad_alloc(Call call)
{
	try {
		call();
	} catch (const std::bad_alloc &) {
		return true;
	}
	return false;
}

static void check_bad_alloc()
{
	const auto a = std::align_val_t(align);

	check(throws_bad_alloc([] { opaque(operator new(too_much)); }));
	check(throws_bad_alloc([] { opaque(operator new[](too_much)); }));
	check(throws_bad_alloc([a] { opaque(operator new(too_much, a)); }));
	check(throws_bad_alloc([a] { opaque(operator new[](too_much, a)); }));
	check(throws_bad_alloc([] { opaque(operator new(SIZE_MAX)); }));
	check(operator new(too_much, std::nothrow) == nullptr);
	check(operator new[](too_much, std::nothrow) == nullptr);
	check(operator new(too_much, a, std::nothrow) == nullptr);
	check(operator new[](too_much, a, std::nothrow) == nullptr);
}

static void check_handler()
{
	std::set_new_handler(give_up);
	ncalls = 0;
	check(throws_bad_alloc([] { opaque(operator new(too_much)); }));
	check(ncalls == 5);

	std::set_new_handler(give_up);
	ncalls = 0;
	check(operator new(too_much, std::nothrow) == nullptr &&ncalls == 5);

	std::set_new_handler(throw_int);
	int caught = 0;
	try {
		opaque(operator new[](too_much));
	} catch (int n) {
		caught = n;
	}
	check(caught == 4711);
	std::set_new_handler(nullptr);
}

/* The handler frees what is needed, and new succeeds after all. */
static void check_second_try()
{
	const struct rlimit limit = {500 << 20, 500 << 20};

	check(setrlimit(RLIMIT_AS, &limit) == 0);
	reserve = std::malloc(300 << 20);
	check(reserve != nullptr);
	ncalls = 0;
	std::set_new_handler(free_reserve);
	void *p = operator new(250 << 20);
	check(p != nullptr && ncalls == 1);
	operator delete(p);
}

int main()
{
	check_bad_alloc();
	check_handler();
	check_second_try();
	return 0;
}
