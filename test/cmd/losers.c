/*
 * losers: a program that loses what is known.
 *
 *	losers [abort | status]
 *
 * 1000 objects of 100 bytes are lost one by one, 500 of 32 as a list whose
 * head is lost, and 2 of 300 that point to each other.  300 of 50 bytes stay
 * reachable: from static memory, from each other, and from a thread's stack.
 * Each is filled, so that no word in it looks like a pointer.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NLOST = 1000, NLIST = 500, NKEPT = 100 };

static void *volatile kept[NKEPT];
static void **volatile list;
static sem_t ready;

static __attribute__((noinline)) void *filled(size_t size)
{
	return memset(malloc(size), 0x55, size);
}

static __attribute__((noinline)) void lose(void)
{
	for (int i = 0; i < NLOST; i++) {
		void *volatile p = filled(100);
		p = NULL;
		(void)p;
	}
}

static __attribute__((noinline)) void lose_list(void)
{
	void **volatile head = NULL;

	for (int i = 0; i < NLIST; i++) {
		void **node = filled(32);
		*node = head;
		head = node;
	}
	head = NULL;
}

static __attribute__((noinline)) void lose_cycle(void)
{
	void **volatile a = filled(300), **volatile b = filled(300);

	*a = b;
	*b = a;
	a = b = NULL;
}

static __attribute__((noinline)) void keep(void)
{
	for (int i = 0; i < NKEPT; i++) {
		kept[i] = filled(50);
		void **node = filled(50);
		*node = list;
		list = node;
	}
}

static void *keep_on_stack(void *unused)
{
	void *volatile mine[NKEPT];

	for (int i = 0; i < NKEPT; i++)
		mine[i] = filled(50);
	sem_post(&ready);
	pause();
	return mine[unused != NULL];
}

/* What calls have left on the stack may look like a pointer. */
static __attribute__((noinline)) void clear_stack(void)
{
	char bytes[16384];

	memset(bytes, 0, sizeof bytes);
	__asm__ volatile("" : : "r"(bytes) : "memory");
}

int main(int argc, char **argv)
{
	pthread_t thread;

	sem_init(&ready, 0, 0);
	lose();
	lose_list();
	lose_cycle();
	keep();
	pthread_create(&thread, NULL, keep_on_stack, NULL);
	sem_wait(&ready);
	clear_stack();
	if (argc > 1 && strcmp(argv[1], "abort") == 0)
		abort();
	return argc > 1 ? 5 : 0;
}
