/*
 * bench_gbench: the body of bench.h over Google Benchmark.
 *
 * struct bench_state is benchmark::State under a name that C can say; the
 * casts below are the only place that knows.
 */
#include <benchmark/benchmark.h>

#include "bench.h"

static benchmark::State &state_of(struct bench_state *state)
{
	return *reinterpret_cast<benchmark::State *>(state);
}

void bench_add(const char *name, bench_body *body, long arg, int nthreads)
{
	auto run = [body, arg](benchmark::State &state) {
		body(reinterpret_cast<struct bench_state *>(&state), arg);
	};
	auto *added = benchmark::RegisterBenchmark(name, run);

	/* The CPU time of threads that wait for each other says little. */
	if (nthreads > 1)
		added->Threads(nthreads)->UseRealTime();
}

bool bench_batch(struct bench_state *state, size_t nops)
{
	return state_of(state).KeepRunningBatch(
		static_cast<benchmark::IterationCount>(nops));
}

int bench_thread_index(const struct bench_state *state)
{
	return reinterpret_cast<const benchmark::State *>(state)
		->thread_index();
}

void bench_clock_stop(struct bench_state *state)
{
	state_of(state).PauseTiming();
}

void bench_clock_start(struct bench_state *state)
{
	state_of(state).ResumeTiming();
}

void bench_set_counter(struct bench_state *state, const char *name, double v)
{
	state_of(state).counters[name] = v;
}

int bench_main(int argc, char **argv)
{
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 2;
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	return 0;
}
