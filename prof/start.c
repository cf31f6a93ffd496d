/*
 * start: what the options mean, and the order of beginning and end.
 *
 *   prof_begin   clock, unwinder, names, rate; last the helper, which may
 *                write at once
 *   prof_end     the helper first, so that no two write at once; then the
 *                profile of the exit, and of the peak
 *
 * Context:    early; exit; child.
 */
#include "prof/start.h"

#include "core/options.h"
#include "prof/dump.h"
#include "prof/helper.h"
#include "prof/prof.h"
#include "prof/profile.h"
#include "prof/sampler.h"
#include "prof/stack.h"

bool prof_is_wanted(void)
{
	return options.memprofilerate > 0 || options.profile[0] != '\0';
}

void prof_begin(const struct stack_unwinder *unwinder)
{
	uint32_t rate = (uint32_t)options.memprofilerate;

	profile_start_clock();
	stack_set_unwinder(unwinder);
	dump_set_prefix(options.profile);
	if (options.profile_seed > 0)
		sampler_set_seed((uint64_t)options.profile_seed << 32);
	prof_set_rate(rate > 0 ? rate : PROF_RATE_DEFAULT);
	helper_start();
}

void prof_end(void)
{
	if (!dump_is_wanted())
		return;
	helper_close();
	dump_write_or_say(DUMP_EXIT);
	if (options.profile_peak)
		dump_write(DUMP_PEAK); /* would fail as the other did */
}

void prof_begin_child(void)
{
	dump_fork_child();
	helper_fork_child();
}
