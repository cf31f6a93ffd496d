# shellcheck shell=bash
# g++: a compile full of templates; the result uses the standard containers,
# exceptions, threads, operator new in all its forms, and pmr.
# set: quick
prepare()
{
	cat >stl.cc <<'END'
#include <algorithm>
#include <future>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

struct alignas(64) Wide {
	double value[8];
};

static unsigned long work(unsigned seed)
{
	std::map<std::string, std::vector<int>> rows;
	std::unordered_map<unsigned, std::unique_ptr<std::string>> names;
	std::list<std::shared_ptr<Wide>> wides;
	unsigned x = seed;

	for (int i = 0; i < 40000; i++) {
		x = x * 1664525 + 1013904223;
		rows[std::to_string(x >> 12)].push_back(i);
		names[x % 5000] = std::make_unique<std::string>(x % 99, 'a');
		if (i % 8 == 0)
			wides.push_back(std::make_shared<Wide>());
		if (i % 24 == 0)
			wides.pop_front();
	}
	unsigned long sum = rows.size() + names.size() + wides.size();
	for (auto &row : rows)
		sum = sum * 31 + row.first.size() * row.second.back();
	for (auto &wide : wides)
		sum += reinterpret_cast<unsigned long>(wide.get()) % 64;
	return sum;
}

int main()
{
	std::vector<std::future<unsigned long>> results;
	for (unsigned i = 0; i < 4; i++)
		results.push_back(std::async(std::launch::async, work, i));
	for (auto &r : results)
		std::cout << r.get() << '\n';
	try {
		std::vector<char> huge(1UL << 62);
		std::cout << huge.size();
	} catch (const std::bad_alloc &e) {
		std::cout << e.what() << '\n';
	}
	std::cout << (new (std::nothrow) char[1UL << 62] == nullptr) << '\n';
	int calls = 0;
	static int *count = &calls;
	std::set_new_handler([] {
		if (++*count == 3)
			std::set_new_handler(nullptr);
	});
	try {
		operator delete(operator new(1UL << 62));
	} catch (const std::bad_alloc &) {
		std::cout << "handler " << calls << '\n';
	}
	std::pmr::monotonic_buffer_resource pool;
	std::pmr::vector<std::pmr::string> words(&pool);
	for (int i = 0; i < 3000; i++)
		words.emplace_back("some word " + std::to_string(i));
	std::sort(words.begin(), words.end());
	std::cout << words[1234] << '\n';
	int thrown = 0;
	for (int i = 0; i < 5000; i++)
		try {
			throw std::runtime_error(std::string(i % 200, 'x'));
		} catch (const std::exception &e) {
			thrown += std::string(e.what()).size();
		}
	std::cout << thrown << '\n';
}
END
}
run()
{
	under_test g++ -std=c++20 -O1 -pthread -o stl "$INPUT/stl.cc"
	under_test ./stl
}
