/*
 * malloc and free in destructors of C++ thread_local objects and of static
 * objects, while threads and then the program end.
 */
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "test/preload/check.h"

namespace
{
struct holder {
	std::map<int, std::string> names;
	std::unique_ptr<char[]> block{new char[3000]};

	void add(int n)
	{
		names[n] = std::string(200, char('a' + n % 26));
	}

	~holder()
	{
		for (auto &name : names)
			check(name.second[0] == 'a' + name.first % 26);
		std::vector<std::string> more(20, std::string(100, 'z'));
		block.reset(new char[100000]);
		check(more[19] == std::string(100, 'z'));
	}
};

thread_local holder of_thread;
thread_local std::shared_ptr<std::string> shared;
holder of_program;
} // namespace

int main()
{
	auto text = std::make_shared<std::string>(1000, 't');

	for (int round = 0; round < 60; round++) {
		std::vector<std::thread> threads;
		for (int i = 0; i < 4; i++)
			threads.emplace_back([i, text] {
				shared = text;
				for (int n = 0; n < 50; n++)
					of_thread.add(n * (i + 1));
			});
		for (auto &thread : threads)
			thread.join();
	}
	of_thread.add(1);
	of_program.add(2);
	check(text.use_count() == 1);
	return 0;
}
