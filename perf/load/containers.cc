/*
 * containers: C++ containers through operator new and sized delete.
 *
 *	containers [scale]
 *
 * A word count with strings as keys, an ordered map that is filled, searched
 * and thinned out, lists that are spliced, vectors of vectors, and shared
 * objects in a queue: the allocation patterns of ordinary C++.
 */
#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "../draw.h"

static std::string draw_word(struct draw *d)
{
	std::string word;
	uint32_t rest = draw_skewed(d, 200000);

	/* Past 15 letters a string's text is a block of its own. */
	for (word = "key-"; rest > 0; rest /= 7)
		word += static_cast<char>('a' + rest % 7);
	return word + (draw_below(d, 4) == 0 ? "-with-a-long-tail" : "");
}

static uint64_t count_words(struct draw *d, size_t n)
{
	std::unordered_map<std::string, uint32_t> counts;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		counts[draw_word(d)]++;
	for (const auto &entry : counts)
		sum += entry.first.size() * entry.second;
	return sum;
}

static uint64_t fill_and_thin_map(struct draw *d, size_t n)
{
	std::map<uint64_t, std::unique_ptr<uint64_t[]>> map;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		const size_t nwords = draw_range(d, 1, 12);
		auto value = std::make_unique<uint64_t[]>(nwords);

		value[0] = i;
		map[draw_bits(d) % (2 * n)] = std::move(value);
		const auto above = map.lower_bound(draw_bits(d) % n);
		if (i % 3 == 0 && above != map.end())
			map.erase(above);
	}
	for (const auto &entry : map)
		sum += entry.first ^ entry.second[0];
	return sum;
}

static uint64_t splice_lists(struct draw *d, size_t n)
{
	std::vector<std::list<uint32_t>> lists(64);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		auto &from = lists[draw_below(d, 64)];
		auto &to = lists[draw_below(d, 64)];

		to.push_back(static_cast<uint32_t>(i));
		if (&from != &to && !from.empty())
			to.splice(to.begin(), from, from.begin());
		if (to.size() > 200)
			to.pop_back();
	}
	for (const auto &list : lists)
		for (const uint32_t value : list)
			sum += value;
	return sum;
}

static uint64_t grow_vectors(struct draw *d, size_t n)
{
	std::vector<std::vector<uint16_t>> rows(1000);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		auto &row = rows[draw_below(d, 1000)];

		row.push_back(static_cast<uint16_t>(i));
		if (row.size() > 1000)
			std::vector<uint16_t>().swap(row);
	}
	for (const auto &row : rows)
		sum += row.size();
	return sum;
}

static uint64_t queue_shared(struct draw *d, size_t n)
{
	std::deque<std::shared_ptr<std::string>> queue;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		queue.push_back(std::make_shared<std::string>(draw_word(d)));
		if (queue.size() > 5000) {
			sum += queue.front()->size();
			queue.pop_front();
		}
	}
	return sum;
}

int main(int argc, char **argv)
{
	const double scale = argc > 1 ? strtod(argv[1], nullptr) : 1;
	const auto scaled = [scale](double n) {
		return std::max<size_t>(1, static_cast<size_t>(n * scale));
	};
	struct draw d = {12};
	uint64_t sum = 0;

	sum += count_words(&d, scaled(600000));
	sum += fill_and_thin_map(&d, scaled(300000));
	sum += splice_lists(&d, scaled(2000000));
	sum += grow_vectors(&d, scaled(3000000));
	sum += queue_shared(&d, scaled(600000));
	printf("%016" PRIx64 "\n", sum);
	return 0;
}
