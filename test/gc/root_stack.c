/*
 * A stack is a root, wherever the thread stands: computing, in a system call,
 * below its stack pointer in the red zone, in a handler on another stack, on
 * a stack that the program made, in a thread that pthreads know nothing of.
 */
/* open: main_thread control, a computing thread keeps too much */
/* cases: spinning blocked main_thread red_zone user_stack deep */
/* cases: clone_spinning clone_blocked clone_shared_tls */
/* cases: altstack_handler altstack_below */
#include <linux/futex.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "test/gc/herd.h"

enum { STACK_SIZE = 256 << 10, TLS_SIZE = 64 << 10 };

static void *found;
static sem_t go_on;
static volatile pid_t clone_tid;
static int clone_word;

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

static void *hold_on_stack(void *arg)
{
	void *volatile place = herd_value();

	clear_registers();
	hold_spinning();
	found = place;
	return arg;
}

static void *hold_blocked(void *arg)
{
	void *volatile place = herd_value();

	clear_registers();
	flag_set(&held, true);
	check(sem_wait(&go_on) == 0);
	found = place;
	return arg;
}

/* The pointer lies a megabyte above the stack pointer. */
static void *hold_deep(void *arg)
{
	void *volatile place = herd_value();
	volatile char room[1 << 20];

	room[0] = room[sizeof room - 1] = 0;
	clear_registers();
	hold_spinning();
	found = place;
	return arg;
}

/* The 128 bytes below the stack pointer belong to a function without calls. */
static void *hold_red_zone(void *arg)
{
#ifdef __x86_64__
	clear_registers();
	__asm__ volatile(
		"mov %[head], %%rax\n xor %[mask], %%rax\n"
		"mov %%rax, -104(%%rsp)\n xor %%eax, %%eax\n"
		"movb $1, %[held]\n"
		"1: pause\n cmpb $0, %[released]\n je 1b\n"
		"mov -104(%%rsp), %%rax\n mov %%rax, %[found]\n"
		: [held] "+m"(held), [released] "+m"(released),
		[found] "=m"(found)
		: [head] "m"(herd_hidden_head), [mask] "m"(herd_plant_mask)
		: "rax", "memory", "cc");
#else
	found = herd_value();
#endif
	return arg;
}

static void hold_in_thread(void *(*holder)(void *), void *stack)
{
	pthread_attr_t attr;
	pthread_t id;

	herd_plant(plant);
	check(pthread_attr_init(&attr) == 0);
	if (stack != NULL)
		check(pthread_attr_setstack(&attr, stack, STACK_SIZE) == 0);
	check(pthread_create(&id, &attr, holder, NULL) == 0);
	herd_collect_while_held();
	check(sem_post(&go_on) == 0);
	check(pthread_join(id, NULL) == 0);
}

/* ---- The main thread ------------------------------------------------------
 */

static void *collect_meanwhile(void *arg)
{
	herd_collect_while_held();
	return arg;
}

static void hold_in_main(void)
{
	pthread_t id;

	herd_plant(plant);
	check(pthread_create(&id, NULL, collect_meanwhile, NULL) == 0);
	hold_on_stack(NULL);
	check(pthread_join(id, NULL) == 0);
}

/* ---- Raw clone -------------------------------------------------------------
 */

/* No libc in here: this thread's TLS is a page of zeros, or another's. */
static int clone_body(void *blocks)
{
	void *volatile place = herd_value();

	clear_registers();
	flag_set(&held, true);
	while (!flag_is_set(&released)) {
#ifdef __x86_64__
		long result = SYS_futex;
		if (*(volatile bool *)blocks)
			__asm__ volatile(
				"xor %%r10d, %%r10d\n syscall"
				: "+a"(result)
				: "D"(&clone_word), "S"(FUTEX_WAIT), "d"(0)
				: "rcx", "r10", "r11", "memory");
#endif
	}
	found = place;
	return 0;
}

static void hold_in_clone(bool blocks, bool own_tls)
{
	static volatile bool is_blocking;
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			  CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID |
			  CLONE_CHILD_SETTID;
	char *room = mmap(NULL, STACK_SIZE + TLS_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void **tcb = (void **)(room + STACK_SIZE + TLS_SIZE - 4096);

	check(room != MAP_FAILED);
	tcb[0] = tcb[2] = tcb; /* %fs:0 and %fs:16 are the TCB itself */
	is_blocking = blocks;
	clone_tid = -1;
	herd_plant(plant);
	check(clone(clone_body, room + STACK_SIZE,
		      flags | (own_tls ? CLONE_SETTLS : 0),
		      (void *)(uintptr_t)&is_blocking, NULL, tcb,
		      (void *)(uintptr_t)&clone_tid) > 0);
	herd_collect_while_held();
	do {
		syscall(SYS_futex, &clone_word, FUTEX_WAKE, 1, NULL, NULL, 0);
		usleep(200);
	} while (clone_tid != 0);
}

/* ---- Another stack for signals ---------------------------------------------
 */

static void handle_and_hold(int sig)
{
	void *volatile place = herd_value();

	(void)sig;
	clear_registers();
	hold_spinning();
	found = place;
}

static void handle(int sig)
{
	(void)sig;
	hold_spinning();
}

static void raise_on_altstack(void (*handler)(int))
{
	stack_t stack = {.ss_size = STACK_SIZE};
	struct sigaction action = {
		.sa_handler = handler, .sa_flags = SA_ONSTACK};

	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(stack.ss_sp != MAP_FAILED && sigaltstack(&stack, NULL) == 0);
	check(sigaction(SIGUSR1, &action, NULL) == 0);
	check(raise(SIGUSR1) == 0);
}

static void *hold_in_handler(void *arg)
{
	raise_on_altstack(handle_and_hold);
	return arg;
}

static void *hold_below_handler(void *arg)
{
	void *volatile place = herd_value();

	clear_registers();
	raise_on_altstack(handle);
	found = place;
	return arg;
}

static void run(const char *name)
{
	if (strcmp(name, "spinning") == 0)
		hold_in_thread(hold_on_stack, NULL);
	else if (strcmp(name, "blocked") == 0)
		hold_in_thread(hold_blocked, NULL);
	else if (strcmp(name, "deep") == 0)
		hold_in_thread(hold_deep, NULL);
	else if (strcmp(name, "red_zone") == 0)
		hold_in_thread(hold_red_zone, NULL);
	else if (strcmp(name, "user_stack") == 0)
		hold_in_thread(hold_blocked, aligned_alloc(4096, STACK_SIZE));
	else if (strcmp(name, "main_thread") == 0)
		hold_in_main();
	else if (strcmp(name, "clone_spinning") == 0)
		hold_in_clone(false, true);
	else if (strcmp(name, "clone_blocked") == 0)
		hold_in_clone(true, true);
	else if (strcmp(name, "clone_shared_tls") == 0)
		hold_in_clone(true, false);
	else if (strcmp(name, "altstack_handler") == 0)
		hold_in_thread(hold_in_handler, NULL);
	else if (strcmp(name, "altstack_below") == 0)
		hold_in_thread(hold_below_handler, NULL);
}

int main(int argc, char **argv)
{
	check(argc == 2 && sem_init(&go_on, 0, 0) == 0);
	herd_start();
	run(argv[1]);
	check(found == herd_value());
	found = NULL;
	return herd_end();
}
