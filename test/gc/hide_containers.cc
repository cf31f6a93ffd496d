/* The standard containers: sentinels, blocks, control blocks, tagged bits. */
/* cases: vector list deque map unordered_map shared_ptr weak_block string */
/* cases: function variant */
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "test/gc/herd.h"

namespace
{
struct holder {
	char name[24];
	void *load;
};

std::vector<void *> vector;
std::list<holder> list;
std::deque<void *> deque;
std::map<int, void *> map;
std::unordered_map<int, void *> unordered;
std::vector<std::shared_ptr<holder>> shared;
std::vector<std::string> strings;
std::vector<std::function<void *()>> functions;
std::vector<std::variant<int, std::unique_ptr<holder>>> variants;
const char *which;

bool is(const char *name)
{
	return strcmp(which, name) == 0;
}

/* The aliasing constructor: the pointer lies inside, the block elsewhere. */
void put_shared(void *load)
{
	auto p = std::make_shared<holder>(holder{"", load});

	shared.push_back(
		is("weak_block") ? std::shared_ptr<holder>(p, nullptr) : p);
}

void put(int i, void *load)
{
	if (is("vector"))
		vector.push_back(load);
	else if (is("list"))
		list.push_front(holder{"", load});
	else if (is("deque"))
		i % 2 == 0 ? deque.push_back(load) : deque.push_front(load);
	else if (is("map"))
		map[i * 7919 % HERD_USUAL] = load;
	else if (is("unordered_map"))
		unordered[i * 31] = load;
	else if (is("shared_ptr") || is("weak_block"))
		put_shared(load);
	else if (is("string"))
		strings.emplace_back(
			reinterpret_cast<char *>(&load), sizeof load);
	else if (is("function"))
		functions.push_back(
			[load, i] { return i >= 0 ? load : nullptr; });
	else if (is("variant"))
		variants.emplace_back(
			std::unique_ptr<holder>(new holder{"", load}));
}

void plant()
{
	for (int i = 0; i < HERD_USUAL; i++)
		put(i, planted(herd_add(16 + i)));
}
} // namespace

int main(int argc, char **argv)
{
	check(argc == 2);
	which = argv[1];
	return herd_run(plant);
}
