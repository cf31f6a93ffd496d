/*
 * Every form of operator new and operator delete: objects are unique, aligned,
 * wholly usable, and freed by every form of delete, also with size 0 for
 * new(0).
 */
#include <malloc.h>
#include <new>

#include "test/preload/check.h"

static void check_object(void *p, size_t size, size_t align)
{
	check(p != nullptr && is_aligned(p, align));
	check(malloc_usable_size(p) >= size);
	fill(p, size, 1);
}

static void check_plain(size_t size)
{
	const size_t align = size > 8 ? 16 : 8;
	void *p[6];

	for (int i = 0; i < 6; i++) {
		switch (i) {
		case 0:
		case 1: p[i] = operator new(size); break;
		case 2: p[i] = operator new(size, std::nothrow); break;
		case 3:
		case 4: p[i] = operator new[](size); break;
		case 5: p[i] = operator new[](size, std::nothrow); break;
		}
		check_object(p[i], size, align);
		for (int j = 0; j < i; j++)
			check(p[i] != p[j]);
	}
	operator delete(p[0]);
	operator delete(p[1], size);
	operator delete(p[2], std::nothrow);
	operator delete[](p[3]);
	operator delete[](p[4], size);
	operator delete[](p[5], std::nothrow);
}

static void check_aligned(size_t size, size_t align)
{
	const auto a = std::align_val_t(align);
	void *p[6];

	for (int i = 0; i < 6; i++) {
		switch (i) {
		case 0:
		case 1: p[i] = operator new(size, a); break;
		case 2: p[i] = operator new(size, a, std::nothrow); break;
		case 3:
		case 4: p[i] = operator new[](size, a); break;
		case 5: p[i] = operator new[](size, a, std::nothrow); break;
		}
		check_object(p[i], size, align);
	}
	operator delete(p[0], a);
	operator delete(p[1], size, a);
	operator delete(p[2], a, std::nothrow);
	operator delete[](p[3], a);
	operator delete[](p[4], size, a);
	operator delete[](p[5], a, std::nothrow);
}

int main()
{
	for (size_t size = 0; size < 3 << 20; size += size / 10 + 1)
		check_plain(size);
	for (size_t align = 1; align <= 1 << 20; align *= 2)
		for (size_t size = 0; size < 200000; size = size * 4 + 1)
			check_aligned(size, align);

	operator delete(operator new(0), size_t(0));
	operator delete[](operator new[](0), size_t(0));
	operator delete(nullptr);
	operator delete(nullptr, size_t(8));
	operator delete[](nullptr, std::align_val_t(64));
	return 0;
}
