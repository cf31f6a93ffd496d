/*
 * Every symbol of the library's interface comes from the library, also under
 * glibc's internal names, and works; what it must leave alone, it does.
 */
/* glibc: no, it is about the library's symbols */
#include <malloc.h>
#include <stdlib.h>

#include "test/preload/check.h"

static const char *const ours[] = {"malloc", "free", "calloc", "realloc",
	"aligned_alloc", "free_sized", "free_aligned_sized", "posix_memalign",
	"reallocarray", "memalign", "valloc", "pvalloc", "cfree",
	"malloc_usable_size", "malloc_trim", "malloc_stats", "malloc_info",
	"mallinfo", "mallinfo2", "mallopt", "malloc_get_state",
	"malloc_set_state", "__libc_malloc", "__libc_free", "__libc_calloc",
	"__libc_realloc", "__libc_memalign", "__libc_valloc", "__libc_pvalloc",
	"__libc_reallocarray", "__posix_memalign", "reallocf", "malloc_size",
	"malloc_good_size", "_Znwm", "_Znam", "_ZnwmRKSt9nothrow_t",
	"_ZnamRKSt9nothrow_t", "_ZnwmSt11align_val_t", "_ZnamSt11align_val_t",
	"_ZnwmSt11align_val_tRKSt9nothrow_t",
	"_ZnamSt11align_val_tRKSt9nothrow_t", "_ZdlPv", "_ZdaPv", "_ZdlPvm",
	"_ZdaPvm", "_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t",
	"_ZdlPvSt11align_val_t", "_ZdaPvSt11align_val_t",
	"_ZdlPvmSt11align_val_t", "_ZdaPvmSt11align_val_t",
	"_ZdlPvSt11align_val_tRKSt9nothrow_t",
	"_ZdaPvSt11align_val_tRKSt9nothrow_t", "goalloc_read_mem_stats",
	"goalloc_read_gc_stats", "goalloc_set_gc_percent",
	"goalloc_set_memory_limit", "goalloc_free_os_memory", "goalloc_gc",
	"goalloc_version", "goalloc_write_heap_profile",
	"goalloc_write_heap_profile_to", "goalloc_set_mem_profile_rate"};

static const char *const not_ours[] = {"strdup", "strndup", "realpath", "abort",
	"mmap", "__malloc_hook", "memalignment"};

static bool is_ours(const char *name)
{
	Dl_info info;
	void *p = dlsym(RTLD_DEFAULT, name);

	return p != NULL && dladdr(p, &info) != 0 &&
	       strcmp(info.dli_fname, getenv("GOALLOC_LIB")) == 0;
}

static void *find(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

/* glibc's internal names are the same functions. */
static void check_aliases(void)
{
	const char *const pairs[][2] = {{"__libc_malloc", "malloc"},
		{"__libc_free", "free"}, {"__libc_calloc", "calloc"},
		{"__libc_realloc", "realloc"}, {"__libc_memalign", "memalign"},
		{"__libc_valloc", "valloc"}, {"__libc_pvalloc", "pvalloc"},
		{"__libc_reallocarray", "reallocarray"},
		{"__posix_memalign", "posix_memalign"}};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		check(find(pairs[i][0]) == find(pairs[i][1]));
}

/* What libc hands out of its own accord comes from the heap too. */
static void check_libc_uses_us(void)
{
	char *copy = strdup("text"), *path = realpath("/usr/..", NULL);

	check(malloc_usable_size(copy) >= 5 && strcmp(copy, "text") == 0);
	check(malloc_usable_size(path) >= 2 && strcmp(path, "/") == 0);
	free(copy);
	free(path);
}

int main(void)
{
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (!is_ours(ours[i])) {
			dprintf(2, "%s is not the library's\n", ours[i]);
			return 1;
		}
	for (size_t i = 0; i < sizeof not_ours / sizeof not_ours[0]; i++)
		check(!is_ours(not_ours[i]));
	check_aliases();
	check_libc_uses_us();
	return 0;
}
