/*
 * init: the library's constructor.
 *
 * malloc and free work from the first call by ld.so on; nothing waits for
 * this function.  It applies what the user chose, asks to be told of fork,
 * and says so if asked to.
 *
 * In a program that runs with more rights than its user (AT_SECURE), the
 * environment is the user's and not to be trusted: it is not read at all.
 *
 * Context:    early, one thread.
 */
#include <link.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "config.h"
#include "core/bits.h"
#include "core/fatal.h"
#include "core/heap.h"
#include "core/heap_sample.h"
#include "core/options.h"
#include "core/os.h"
#include "core/os_own.h"
#include "gc/gc.h"
#include "preload/leaks.h"
#include "preload/profiler.h"
#include "prof/start.h"

enum { CONSTRUCTOR_FIRST = 101 /* up to 100 is the compiler's */ };

/* Variables of other allocators, which this one does not obey. */
static void init_say_foreign(char *const *envp)
{
	static const char *const foreign[] = {"MALLOC_CONF", "MALLOC_ARENA_MAX",
		"MALLOC_ARENA_TEST", "MALLOC_CHECK_", "MALLOC_MMAP_MAX_",
		"MALLOC_MMAP_THRESHOLD_", "MALLOC_PERTURB_", "MALLOC_TOP_PAD_",
		"MALLOC_TRIM_THRESHOLD_"};

	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		if (options_getenv(envp, foreign[i]) != NULL)
			say("%s is set and has no meaning here", foreign[i]);

	const char *tunables = options_getenv(envp, "GLIBC_TUNABLES");
	if (tunables != NULL && strstr(tunables, "glibc.malloc.") != NULL)
		say("GLIBC_TUNABLES: glibc.malloc.* has no meaning here");
}

static void init_say(char *const *envp)
{
	char settings[FATAL_LINE_MAX];

	if (options.inittrace) {
		options_format(settings, sizeof settings);
		say("version %s, page size %zu, %s, pid %d", PACKAGE_VERSION,
			os_page_size, settings, (int)getpid());
	}
	if (options.help)
		options_help();
	if (options.verbose) {
		options_print();
		init_say_foreign(envp);
	}
}

void profiler_rate_changed(void)
{
	heap_sample_again();
}

static void init_fork_child(void)
{
	heap_fork_child();
	prof_begin_child();
}

/* Notes the writable segment of the library that holds options. */
static int init_note_segment(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const uintptr_t lo = info->dlpi_addr + p->p_vaddr;
		if (p->p_type != PT_LOAD || (uintptr_t)arg - lo >= p->p_memsz)
			continue;
		const uintptr_t first = align_down(lo, os_page_size);
		os_own_note(first, lo + p->p_memsz - first);
		return 1;
	}
	return 0;
}

/* The collector shall not take the library's own data for the program's. */
static void init_collector(void)
{
	if (options.gogc == GOGC_OFF)
		return;
	dl_iterate_phdr(init_note_segment, &options);
	gc_init();
}

__attribute__((constructor(CONSTRUCTOR_FIRST))) static void init(
	int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	pthread_atfork(heap_fork_prepare, heap_fork_parent, init_fork_child);
	if (getauxval(AT_SECURE) != 0)
		return;
	options_read(envp);
	heap_set_tiny(options.tiny);
	init_say(envp);
	profiler_start();
	init_collector();
}

__attribute__((destructor)) static void init_exit(void)
{
	leaks_report();
	gc_exit();
}
