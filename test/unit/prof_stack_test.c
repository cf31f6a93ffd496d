/*
 * prof_stack_test: our unwinder sees what libgcc's sees.
 */
#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unwind.h>

#include "prof/stack.h"
#include "prof/unwind.h"

#include "test/unit/unit.h"

static struct stack_unwinder unwinder;
static struct stack ours, theirs;
static bool was_simple;

static void test_start(void)
{
	*(void **)&unwinder.find_object =
		dlsym(RTLD_DEFAULT, "_dl_find_object");
	*(void **)&unwinder.backtrace = (void *)_Unwind_Backtrace;
	*(void **)&unwinder.get_ip = (void *)_Unwind_GetIPInfo;
	stack_set_unwinder(&unwinder);
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *arg)
{
	struct stack *s = arg;
	int before = 0;
	uintptr_t pc = _Unwind_GetIPInfo(context, &before);

	if (pc == 0 || s->npcs == STACK_MAX)
		return _URC_END_OF_STACK;
	s->pcs[s->npcs++] = pc + (before != 0);
	return _URC_NO_REASON;
}

/* Takes both stacks here, where everything calls. */
__attribute__((noinline)) static void take(void)
{
	was_simple = unwind_try(&ours, &unwinder);
	theirs.npcs = 0;
	_Unwind_Backtrace(visit, &theirs);
	__asm__ volatile(""); /* no jump in place of the call */
}

/* Ours begins in unwind_try, theirs in take: what calls take is the same. */
static void compare(bool is_simple)
{
	ck_assert_int_eq(was_simple, is_simple);
	if (!is_simple)
		return;
	ck_assert_uint_ge(ours.npcs, 3);
	uint32_t n = ours.npcs < STACK_MAX ? ours.npcs : STACK_MAX - 1;
	for (uint32_t i = 2; i < n; i++)
		ck_assert_msg(ours.pcs[i] == theirs.pcs[i - 1],
			"frame %u: %#lx, not %#lx", i, ours.pcs[i],
			theirs.pcs[i - 1]);
	if (ours.npcs < STACK_MAX)
		ck_assert_uint_eq(ours.npcs, theirs.npcs + 1);
}

__attribute__((noinline)) static int recurse(int n)
{
	if (n == 0)
		take();
	else
		recurse(n - 1);
	__asm__ volatile("");
	return n;
}

/* A frame of another size at each level, found through rbp. */
__attribute__((noinline)) static int recurse_alloca(int n)
{
	volatile char *p = alloca((size_t)(n * 100 + 1));

	p[0] = 1;
	if (n == 0)
		take();
	else
		recurse_alloca(n - 1);
	return p[0];
}

__attribute__((noinline)) static int large_frame(int n)
{
	volatile char bytes[100000];

	bytes[n] = 1;
	recurse(n);
	return bytes[n];
}

static int compare_numbers(const void *a, const void *b)
{
	recurse(3);
	return *(const int *)a - *(const int *)b;
}

static void through_libc(void)
{
	int numbers[] = {3, 1, 2};

	qsort(numbers, 3, sizeof numbers[0], compare_numbers);
}

static void *in_thread(void *arg)
{
	recurse(5);
	return arg;
}

static void through_thread(void)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, in_thread, NULL), 0);
	pthread_join(thread, NULL);
}

static void plain(void)
{
	recurse(20);
}

static void deep(void)
{
	recurse(500);
}

static void with_alloca(void)
{
	recurse_alloca(30);
}

static void with_a_large_frame(void)
{
	large_frame(7);
}

static const struct {
	const char *name;
	void (*run)(void);
} chains[] = {
	{"plain", plain},
	{"deeper_than_is_kept", deep},
	{"frames_by_rbp", with_alloca},
	{"a_large_frame", with_a_large_frame},
	{"through_libc", through_libc},
	{"a_thread", through_thread},
};

START_TEST(test_both_see_the_same)
{
	test_start();
	chains[_i].run();
	compare(unwinder.find_object != NULL);
	chains[_i].run(); /* by what is remembered */
	compare(unwinder.find_object != NULL);
}
END_TEST

static void handler(int signal)
{
	(void)signal;
	take();
}

START_TEST(test_a_signal_frame_is_not_simple)
{
	test_start();
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	compare(false);
	ck_assert_uint_gt(theirs.npcs, 3);
}
END_TEST

/* What the profile uses: whichever of the two can. */
static void handler_of_profile(int signal)
{
	(void)signal;
	stack_take(&ours);
}

START_TEST(test_a_handler_has_a_stack)
{
	test_start();
	signal(SIGUSR1, handler_of_profile);
	raise(SIGUSR1);
	ck_assert_uint_gt(ours.npcs, 5);
}
END_TEST

START_TEST(test_own_frames_are_left_out)
{
	struct stack all;

	test_start();
	stack_take(&all);
	unwinder.own_start = all.pcs[0] - 64;
	unwinder.own_end = all.pcs[0] + 64;
	stack_set_unwinder(&unwinder);
	stack_take(&ours);
	ck_assert_uint_lt(ours.npcs, all.npcs);
	ck_assert(!stack_is_own(&unwinder, ours.pcs[0]));
}
END_TEST

static void prof_stack_suite(TCase *tests)
{
	UNIT_TABLE(tests, test_both_see_the_same, chains);
	UNIT_TEST(tests, test_a_signal_frame_is_not_simple);
	UNIT_TEST(tests, test_a_handler_has_a_stack);
	UNIT_TEST(tests, test_own_frames_are_left_out);
}

UNIT_MAIN("prof_stack", prof_stack_suite)
