/*
 * cxx_runtime: where the C++ runtime's own operator new and delete are.
 *
 * They are the next in the search order; a program in C that loaded a C++
 * plugin has the runtime in a scope of its own, where it is found by its file.
 *
 * Context:    where dlsym may be called.
 */
#ifndef PRELOAD_CXX_RUNTIME_H
#define PRELOAD_CXX_RUNTIME_H

#include <dlfcn.h>

#include "core/compiler.h"

/* The next definition of our function called name, or NULL. */
static COLD void *cxx_runtime_find(const char *name)
{
	static const char *const runtimes[] = {
		"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};

	void *found = dlsym(RTLD_NEXT, name);
	for (int i = 0; found == NULL && i < 3; i++) {
		void *runtime = dlopen(runtimes[i], RTLD_LAZY | RTLD_NOLOAD);
		if (runtime != NULL) {
			found = dlsym(runtime, name);
			dlclose(runtime);
		}
	}
	return found;
}

#endif
