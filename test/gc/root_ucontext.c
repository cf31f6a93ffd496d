/*
 * Coroutines: the stack of one that waits its turn is a root, and so are the
 * registers that swapcontext saved for it; while one runs, the thread's own
 * stack holds what the thread will go on with.
 */
/* cases: malloc_stack mapped_stack own_stack saved_register */
#include <sys/mman.h>
#include <ucontext.h>

#include "test/gc/herd.h"

enum { STACK_SIZE = 256 << 10 };

static ucontext_t *thread_context, *coroutine;
static void *found;

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

static void hold_on_stack(void)
{
	void *volatile place = herd_value();

	clear_registers();
	check(swapcontext(coroutine, thread_context) == 0);
	found = place;
}

/* Nothing but rbx holds it, which swapcontext saves in *coroutine. */
static void hold_in_register(void)
{
#ifdef __x86_64__
	__asm__ volatile(
		"mov %[head], %%rbx\n xor %[mask], %%rbx\n"
		"mov %[from], %%rdi\n mov %[to], %%rsi\n"
		"mov %%rsp, %%r12\n sub $256, %%rsp\n"
		"and $-16, %%rsp\n call swapcontext@plt\n"
		"mov %%r12, %%rsp\n mov %%rbx, %[found]\n"
		: [found] "=m"(found)
		: [head] "m"(herd_hidden_head), [mask] "m"(herd_plant_mask),
		[from] "m"(coroutine), [to] "m"(thread_context)
		: "rax", "rcx", "rdx", "rbx", "rsi", "rdi", "r8", "r9", "r10",
		"r11", "r12", "memory", "cc");
#else
	hold_on_stack();
#endif
}

static void collect_in_coroutine(void)
{
	herd_collect();
}

static void coroutine_start(char *stack, void (*body)(void))
{
	check(stack != NULL && stack != MAP_FAILED);
	check(getcontext(coroutine) == 0);
	coroutine->uc_stack.ss_sp = stack;
	coroutine->uc_stack.ss_size = STACK_SIZE;
	coroutine->uc_link = thread_context;
	makecontext(coroutine, body, 0);
	check(swapcontext(thread_context, coroutine) == 0);
}

/* The coroutine waits while the thread collects. */
static void run_waiting(char *stack, void (*body)(void))
{
	coroutine_start(stack, body);
	scrub();
	herd_collect();
	check(swapcontext(thread_context, coroutine) == 0);
}

/* The thread's stack waits while the coroutine collects. */
__attribute__((noinline)) static void run_on_coroutine(void)
{
	void *volatile place = herd_value();

	clear_registers();
	coroutine_start(malloc(STACK_SIZE), collect_in_coroutine);
	found = place;
}

int main(int argc, char **argv)
{
	check(argc == 2);
	herd_start();
	coroutine = malloc(sizeof *coroutine);
	thread_context = malloc(sizeof *thread_context);
	herd_plant(plant);
	if (strcmp(argv[1], "malloc_stack") == 0)
		run_waiting(malloc(STACK_SIZE), hold_on_stack);
	else if (strcmp(argv[1], "mapped_stack") == 0)
		run_waiting(mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			hold_on_stack);
	else if (strcmp(argv[1], "saved_register") == 0)
		run_waiting(malloc(STACK_SIZE), hold_in_register);
	else if (strcmp(argv[1], "own_stack") == 0)
		run_on_coroutine();
	check(found == herd_value());
	found = NULL;
	return herd_end();
}
