/*
 * gc_off: the door of gc/gc.h with nothing behind it (--disable-gc).
 */
#include "core/fatal.h"
#include "core/options.h"
#include "gc/gc.h"

struct gc_mode gc_mode;

void gc_init(void)
{
	if (options.gogc != GOGC_OFF)
		say("GOGC: this library was built without a collector");
}

void gc_exit(void)
{
}

bool gc_free(struct objref o)
{
	(void)o;
	return false;
}

void gc_note_use(struct objref o, const char *verb)
{
	(void)o;
	(void)verb;
}

void gc_sweep_span_locked(struct mspan *s)
{
	(void)s;
}

void gc_sweep_class_locked(struct mcache *c, unsigned class)
{
	(void)c;
	(void)class;
}

void gc_after_refill(size_t bytes)
{
	(void)bytes;
}

void gc_run(void)
{
}

int gc_set_percent(int percent)
{
	(void)percent;
	return GOGC_OFF;
}

int64_t gc_set_memory_limit(int64_t limit)
{
	(void)limit;
	return GOMEMLIMIT_OFF;
}

void gc_read_numbers(struct gc_numbers *out)
{
	*out = (struct gc_numbers){0};
}

void gc_pause_quantiles(
	const struct gc_numbers *numbers, uint64_t *out, unsigned n)
{
	(void)numbers;
	for (unsigned i = 0; i < n; i++)
		out[i] = 0;
}

bool gc_run_and_look(void (*look)(void))
{
	(void)look;
	return false;
}

bool gc_is_lost(uintptr_t addr)
{
	(void)addr;
	return false;
}

void gc_note_credentials(void)
{
}

void gc_fork_prepare(void)
{
}

void gc_fork_parent(void)
{
}

void gc_fork_child(void)
{
}
