/* What root_static and root_tls load: places in a library's memory. */
#include <stddef.h>

void **library_data(void);
void **library_bss(void);
void **library_tls(void);
void **library_large_tls(void);

static void *initialised[3] = {&initialised, NULL, &initialised};
static void *zeroed[5000];
static __thread void *volatile per_thread[40];
static __thread void *volatile large_per_thread[40000];

void **library_data(void)
{
	return &initialised[1];
}

void **library_bss(void)
{
	return &zeroed[4000];
}

void **library_tls(void)
{
	return (void **)&per_thread[20];
}

void **library_large_tls(void)
{
	return (void **)&large_per_thread[30000];
}
