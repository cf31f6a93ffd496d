/*
 * stress.h: what every stress program shares: its arguments, random numbers,
 * patterns in memory, and one way to fail.
 *
 *   NAME [-s seed] [-t seconds] [-n threads]
 *
 * A program prints "NAME: seed N" first, so that what fails can be repeated;
 * threads still interleave as they like.  It ends with status 0, or dies with
 * one line that says what was wrong.  A program that hangs is ended by a timer
 * whose handler runs even while all threads wait for each other.
 *
 * An object's bytes are a function of its id, so that a byte that changed
 * under its owner, or an object handed out twice, is seen when it is checked.
 */
#ifndef STRESS_H
#define STRESS_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct stress {
	const char *name;
	uint64_t seed;
	int seconds;
	int nthreads;
	int64_t deadline; /* ns on the monotonic clock: stop then */
};

static struct stress stress;

/* C23's; absent from glibc, so that the program also runs without us. */
void free_sized(void *p, size_t size) __attribute__((weak));
void free_aligned_sized(void *p, size_t align, size_t size)
	__attribute__((weak));

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(
	const char *format, ...)
{
	char line[300];
	va_list args;

	int n = snprintf(line, sizeof(line), "%s: seed %llu: ", stress.name,
		(unsigned long long)stress.seed);
	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
	va_end(args);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		_exit(4);
	abort();
}

#define must(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			die("line %d: %s (errno %d)", __LINE__, #condition,    \
				errno);                                        \
	} while (0)

static inline int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline bool time_is_up(void)
{
	return now_ns() >= stress.deadline;
}

/* ---- Random numbers: splitmix64, one state per thread ------------------- */

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline size_t random_below(uint64_t *state, size_t n)
{
	return (size_t)(random_next(state) % n);
}

/* Sizes as programs ask for them: most small, few of many megabytes. */
static inline size_t random_size(uint64_t *state)
{
	size_t kind = random_below(state, 1000);

	if (kind < 100)
		return random_below(state, 9);
	if (kind < 800)
		return random_below(state, 512);
	if (kind < 950)
		return random_below(state, 8 << 10);
	if (kind < 990)
		return random_below(state, 64 << 10);
	if (kind < 999)
		return random_below(state, 1 << 20);
	return random_below(state, 8 << 20);
}

/* ---- Patterns ------------------------------------------------------------
 * The word at every step bytes and the last bytes are written, not all: large
 * objects would leave no time for anything else.
 */

static inline size_t pattern_step(size_t size)
{
	return size <= 2048 ? 8 : 256;
}

static inline uint64_t pattern_word(uint64_t id, size_t offset)
{
	return (id * 0x9e3779b97f4a7c15u) ^ (offset * 0xff51afd7ed558ccdu);
}

static inline void object_fill(void *object, size_t size, uint64_t id)
{
	unsigned char *p = object;
	size_t step = pattern_step(size), i = 0;

	for (; i + 8 <= size; i += step) {
		uint64_t word = pattern_word(id, i);
		memcpy(p + i, &word, 8);
	}
	for (i = size & ~(size_t)7; i < size; i++)
		p[i] = (unsigned char)(id + i);
}

/*
 * Checks the first len bytes of an object filled as size bytes.  len is less
 * than size after the object was shrunk.
 */
static inline void object_check(
	const void *object, size_t size, size_t len, uint64_t id)
{
	const unsigned char *p = object;
	size_t step = pattern_step(size), i = 0;

	for (; i + 8 <= len; i += step) {
		uint64_t word;
		memcpy(&word, p + i, 8);
		if (word != pattern_word(id, i))
			die("object %#llx %p+%zu of %zu: %#llx, not %#llx",
				(unsigned long long)id, object, i, size,
				(unsigned long long)word,
				(unsigned long long)pattern_word(id, i));
	}
	for (i = size & ~(size_t)7; i < len; i++)
		if (p[i] != (unsigned char)(id + i))
			die("object %#llx %p+%zu of %zu: byte %#x, not %#x",
				(unsigned long long)id, object, i, size, p[i],
				(unsigned char)(id + i));
}

static inline void zero_check(const void *object, size_t size)
{
	const unsigned char *p = object;

	for (size_t i = 0; i < size; i++)
		if (p[i] != 0)
			die("calloc %p+%zu of %zu: byte %#x, not 0", object, i,
				size, p[i]);
}

/* ---- The process --------------------------------------------------------- */

/* The number after "name:" in /proc/self/status; sizes are in KiB. */
static inline size_t status_read(const char *name)
{
	char line[200];
	size_t value = 0, len = strlen(name);
	FILE *f = fopen("/proc/self/status", "re");

	must(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			value = strtoull(line + len + 1, NULL, 10);
	fclose(f);
	return value;
}

static inline void hang_report(int sig)
{
	static const char text[] = ": no end in time, it hangs\n";

	(void)sig;
	if (write(STDERR_FILENO, stress.name, strlen(stress.name)) < 0 ||
		write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(4);
	_exit(3);
}

static inline void hang_timer_start(int seconds)
{
	struct sigaction action = {.sa_handler = hang_report};
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMAX};
	struct itimerspec when = {.it_value.tv_sec = seconds};
	timer_t timer;

	must(sigaction(SIGRTMAX, &action, NULL) == 0);
	must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	must(timer_settime(timer, 0, &when, NULL) == 0);
}

static inline void stress_start(int argc, char **argv, const char *name)
{
	struct timespec t;
	int option;

	clock_gettime(CLOCK_REALTIME, &t);
	stress.name = name;
	stress.seed = (uint64_t)t.tv_nsec ^ (uint64_t)getpid() << 32;
	stress.seconds = 3;
	stress.nthreads = 4;
	while ((option = getopt(argc, argv, "s:t:n:")) != -1) {
		switch (option) {
		case 's': stress.seed = strtoull(optarg, NULL, 0); break;
		case 't': stress.seconds = atoi(optarg); break;
		case 'n': stress.nthreads = atoi(optarg); break;
		default: exit(2);
		}
	}
	must(stress.seconds > 0 && stress.nthreads > 0);
	stress.deadline = now_ns() + stress.seconds * 1000000000LL;
	printf("%s: seed %llu\n", name, (unsigned long long)stress.seed);
	fflush(stdout);
	hang_timer_start(stress.seconds * 4 + 30);
}

/* Starts the threads, thread i with argument i, and waits for all. */
static inline void threads_run(int nthreads, void *(*body)(void *))
{
	pthread_t threads[64];

	must(nthreads <= 64);
	for (int i = 0; i < nthreads; i++)
		must(pthread_create(&threads[i], NULL, body,
			     (void *)(intptr_t)i) == 0);
	for (int i = 0; i < nthreads; i++)
		must(pthread_join(threads[i], NULL) == 0);
}

static inline uint64_t thread_seed(int number)
{
	uint64_t state = stress.seed + (uint64_t)number * 7919;

	return random_next(&state);
}

#endif
