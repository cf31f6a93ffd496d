/* What a C++ exception carries while it is handled, and after, in a ptr. */
#include <exception>
#include <functional>

#include "test/gc/herd.h"

namespace
{
struct carrier {
	void *load[4];
};

std::exception_ptr pointer;
std::function<void *()> function;

__attribute__((noinline)) void throw_it()
{
	carrier c = {};

	c.load[2] = herd_planted(HERD_USUAL);
	function = [c] { return c.load[2]; };
	throw c;
}
} // namespace

int main()
{
	herd_start();
	try {
		throw_it();
	} catch (const carrier &c) {
		function = nullptr;
		scrub();
		gc_now();
		check(c.load[2] == herd_value());
		pointer = std::current_exception();
		gc_now();
	}
	scrub();
	herd_collect();
	return herd_end();
}
