/*
 * contexts LIBRARY signals|-: allocates wherever a program may, each time
 * another odd number of bytes, which a profile of every allocation must have.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept;
static volatile sig_atomic_t handled;

__attribute__((constructor, noinline)) static void before_main(void)
{
	kept = malloc(10101);
}

static void in_handler(int signal)
{
	(void)signal;
	kept = malloc(20202);
	handled++;
}

static void on_other_stack(int signal)
{
	(void)signal;
	kept = malloc(30303);
}

static void raise_on_other_stack(void)
{
	struct sigaction action = {
		.sa_handler = on_other_stack, .sa_flags = SA_ONSTACK};
	static char memory[64 << 10];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
}

/*
 * A handler may come between any two instructions of malloc and free.  Not
 * every malloc survives that.
 */
static void run_signals(void)
{
	struct sigaction action = {.sa_handler = in_handler};
	pid_t parent = getpid();

	sigaction(SIGUSR1, &action, NULL);
	pid_t sender = fork();
	if (sender == 0) {
		for (int i = 0; i < 300; i++) {
			kill(parent, SIGUSR1);
			usleep(100);
		}
		_exit(0);
	}
	/* Some handlers interrupt malloc, most of them something else. */
	while (waitpid(sender, NULL, WNOHANG) == 0) {
		for (int i = 0; i < 10; i++)
			free(malloc(64 + (size_t)i));
		for (volatile int i = 0; i < 100000; i++)
			;
	}
}

static pthread_key_t key;

static void at_thread_end(void *p)
{
	free(p);
	kept = malloc(40404);
}

static void *in_thread(void *arg)
{
	pthread_setspecific(key, malloc(50505));
	return arg;
}

static void run_threads(void)
{
	pthread_t threads[8];

	pthread_key_create(&key, at_thread_end);
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, in_thread, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}

/*
 * The library is unloaded once, with what its destructor allocates; a profile
 * can name its functions only if it lies there again.
 */
static void run_library(const char *path)
{
	for (int i = 0; i < 2; i++) {
		void *library = dlopen(path, RTLD_NOW);
		if (library == NULL) {
			fprintf(stderr, "%s\n", dlerror());
			_exit(1);
		}
		if (i == 0)
			dlclose(library);
	}
}

static void at_exit(void)
{
	kept = malloc(60606);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	atexit(at_exit);
	run_library(argv[1]);
	raise_on_other_stack();
	if (argv[2][0] == 's')
		run_signals();
	run_threads();
	pid_t child = fork();
	if (child == 0) {
		kept = malloc(70707);
		exit(0);
	}
	int status;
	waitpid(child, &status, 0);
	printf("%d %d %d\n", (int)getpid(), (int)child, (int)handled);
	return status != 0;
}
