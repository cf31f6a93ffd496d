/*
 * herd: many objects behind one pointer, and what became of them.
 *
 *   herd_start -> herd_new, plant the pointer in one place -> herd_collect
 *     -> herd_end
 *
 * A herd is a head object that points to all others, so that whoever finds
 * the head finds the herd.  The program puts the head's address into the place
 * under test and nowhere else; herd_plant wipes the copies that building it
 * left on the stack and in registers.
 *
 * What the program itself knows of the objects it keeps inverted (hide): an
 * inverted address lies in no process's half of the address space, so that no
 * collector takes it for a pointer.
 *
 * A place must be volatile, or known to others: the compiler drops a static
 * variable that nobody reads.
 *
 * The aim of a run is in GC_TEST:
 *   kept     every object must live and be intact
 *   control  the place holds the address inverted: 99 % must go within two
 *            cycles.  Were the herd kept by anything else, the aim "kept"
 *            would prove nothing about the place
 *   gone     the place is no root any more: 99 % must go
 *   limit    the collector does not look into this place, and README says so:
 *            an object must go
 * Without a collector (glibc, or no GOGC) every object lives in all four.
 *
 * Assumes: GODEBUG=clobberfree=1, so that what goes is seen to have gone.
 */
#ifndef TEST_GC_HERD_H
#define TEST_GC_HERD_H

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "include/goalloc.h"
#include "test/preload/check.h"

enum {
	HERD_MAX = 8192,
	HERD_USUAL = 300,       /* members of a herd */
	HERD_SCRUB = 128 << 10, /* bytes of stack that are wiped */
	NOT_HERE = 77,          /* exit status: cannot run on this machine */
};

enum herd_aim { AIM_KEPT, AIM_CONTROL, AIM_GONE, AIM_LIMIT };

/* A member of the herd, or its head (size 0: nslots pointers). */
struct herd_object {
	uintptr_t hidden; /* its address, inverted */
	uint32_t size;    /* bytes; all but the first skip are a pattern */
	uint32_t skip;    /* bytes that are the program's own */
	uint32_t nslots;  /* of a head: it points to the members after it */
};

static struct herd_object herd[HERD_MAX];
static uint32_t herd_count;
static enum herd_aim herd_aim;
static uint32_t herd_cycles; /* num_gc at herd_start */
static uint32_t herd_asked;  /* cycles asked for since */

/* The head, inverted, and what turns it into what is planted. */
static volatile uintptr_t herd_hidden_head;
static volatile uintptr_t herd_plant_mask;

static inline uintptr_t hide(const void *p)
{
	return ~(uintptr_t)p;
}

static inline void *unhide(uintptr_t hidden)
{
	return (void *)~hidden;
}

/* Whether GOGC is on and there is a collector to obey it. */
static inline bool gc_is_on(void)
{
	const char *percent = getenv("GOGC");

	return goalloc_gc != NULL && percent != NULL &&
	       strcmp(percent, "off") != 0;
}

static inline uint32_t gc_cycles_done(void)
{
	struct goalloc_mem_stats stats;

	memset(&stats, 0, sizeof stats);
	if (goalloc_read_mem_stats != NULL)
		goalloc_read_mem_stats(&stats);
	return stats.num_gc;
}

/* A whole collection, its sweep included. */
static inline void gc_now(void)
{
	if (gc_is_on())
		goalloc_gc();
	herd_asked++;
}

/* ---- No copies are left behind ------------------------------------------ */

__attribute__((noinline)) static void scrub_stack(void)
{
	volatile char room[HERD_SCRUB];

	for (size_t i = 0; i < sizeof room; i++)
		room[i] = 0;
}

#ifdef __x86_64__
__attribute__((noinline, target("avx512f"))) static void scrub_zmm(void)
{
	__asm__ volatile("vzeroall\n"
			 "vpxorq %%zmm16, %%zmm16, %%zmm16\n"
			 "vpxorq %%zmm17, %%zmm17, %%zmm17\n"
			 "vpxorq %%zmm18, %%zmm18, %%zmm18\n"
			 "vpxorq %%zmm19, %%zmm19, %%zmm19\n"
			 "vpxorq %%zmm20, %%zmm20, %%zmm20\n"
			 "vpxorq %%zmm21, %%zmm21, %%zmm21\n"
			 "vpxorq %%zmm22, %%zmm22, %%zmm22\n"
			 "vpxorq %%zmm23, %%zmm23, %%zmm23\n"
			 "vpxorq %%zmm24, %%zmm24, %%zmm24\n"
			 "vpxorq %%zmm25, %%zmm25, %%zmm25\n"
			 "vpxorq %%zmm26, %%zmm26, %%zmm26\n"
			 "vpxorq %%zmm27, %%zmm27, %%zmm27\n"
			 "vpxorq %%zmm28, %%zmm28, %%zmm28\n"
			 "vpxorq %%zmm29, %%zmm29, %%zmm29\n"
			 "vpxorq %%zmm30, %%zmm30, %%zmm30\n"
			 "vpxorq %%zmm31, %%zmm31, %%zmm31\n"
			 :
			 :
			 : "memory");
}

__attribute__((noinline)) static void scrub_xmm(void)
{
	__asm__ volatile("pxor %%xmm0, %%xmm0\n pxor %%xmm1, %%xmm1\n"
			 "pxor %%xmm2, %%xmm2\n pxor %%xmm3, %%xmm3\n"
			 "pxor %%xmm4, %%xmm4\n pxor %%xmm5, %%xmm5\n"
			 "pxor %%xmm6, %%xmm6\n pxor %%xmm7, %%xmm7\n"
			 "pxor %%xmm8, %%xmm8\n pxor %%xmm9, %%xmm9\n"
			 "pxor %%xmm10, %%xmm10\n pxor %%xmm11, %%xmm11\n"
			 "pxor %%xmm12, %%xmm12\n pxor %%xmm13, %%xmm13\n"
			 "pxor %%xmm14, %%xmm14\n pxor %%xmm15, %%xmm15\n"
			 :
			 :
			 : "memory");
}

static inline void scrub_vectors(void)
{
	if (__builtin_cpu_supports("avx512f"))
		scrub_zmm();
	else
		scrub_xmm();
}
#else
static inline void scrub_vectors(void)
{
}
#endif

/* In a function that holds a pointer on its stack: only there, from here on. */
#ifdef __x86_64__
#define clear_registers()                                                      \
	__asm__ volatile("xor %%eax, %%eax\n xor %%ecx, %%ecx\n"               \
			 "xor %%edx, %%edx\n xor %%ebx, %%ebx\n"               \
			 "xor %%esi, %%esi\n xor %%edi, %%edi\n"               \
			 "xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n"               \
			 "xor %%r10d, %%r10d\n xor %%r11d, %%r11d\n"           \
			 "xor %%r12d, %%r12d\n xor %%r13d, %%r13d\n"           \
			 "xor %%r14d, %%r14d\n xor %%r15d, %%r15d\n"           \
			 :                                                     \
			 :                                                     \
			 : "rax", "rcx", "rdx", "rbx", "rsi", "rdi", "r8",     \
			 "r9", "r10", "r11", "r12", "r13", "r14", "r15",       \
			 "memory", "cc")
#else
#define clear_registers() __asm__ volatile("" : : : "memory")
#endif

/* Wipes the stack below the caller and the vector registers. */
static inline void scrub(void)
{
	scrub_stack();
	scrub_vectors();
}

/* Calls build, which may leave pointers anywhere but in its callers' frames. */
__attribute__((noinline)) static void herd_plant(void (*build)(void))
{
	build();
	scrub();
}

/* ---- The objects --------------------------------------------------------- */

/* An object of size bytes joins; what follows the first skip is filled. */
static inline void herd_adopt(void *p, size_t size, size_t skip)
{
	check(p != NULL && herd_count < HERD_MAX);
	fill((char *)p + skip, size - skip, herd_count);
	struct herd_object *o = &herd[herd_count++];
	o->hidden = hide(p);
	o->size = (uint32_t)size;
	o->skip = (uint32_t)skip;
}

/* One object that the program must find again, or lose. */
static inline void *herd_add(size_t size)
{
	void *p = malloc(size);

	herd_adopt(p, size, 0);
	return p;
}

/* Sizes of small classes, medium ones, and a large object now and then. */
static inline size_t herd_size(uint32_t i)
{
	if (i % 100 == 99)
		return 40000 + i * 8;
	return 16 + i * 37 % (i % 10 == 0 ? 3000 : 400);
}

/* A head and n members; the head's address is the only way in. */
__attribute__((noinline)) static void *herd_new(uint32_t n)
{
	void **head = (void **)malloc(n * sizeof *head);
	struct herd_object *o = &herd[herd_count++];

	check(head != NULL && n > 0 && herd_count + n <= HERD_MAX);
	o->hidden = hide(head);
	o->nslots = n;
	for (uint32_t i = 0; i < n; i++)
		head[i] = herd_add(herd_size(i));
	return head;
}

/* Makes the herd and returns what to plant; see GC_TEST. */
static inline void *herd_planted(uint32_t n)
{
	herd_hidden_head = hide(herd_new(n));
	return (void *)(herd_hidden_head ^ herd_plant_mask);
}

/* The same again, for who cannot be given it. */
static inline void *herd_value(void)
{
	return (void *)(herd_hidden_head ^ herd_plant_mask);
}

/* p itself, or, for the control, p inverted. */
static inline void *planted(void *p)
{
	return (void *)(hide(p) ^ herd_plant_mask);
}

/* What planted() was given. */
static inline void *unplanted(void *p)
{
	return (void *)((uintptr_t)p ^ ~herd_plant_mask);
}

static inline bool herd_object_lives(uint32_t index)
{
	const struct herd_object *o = &herd[index];

	if (o->nslots == 0)
		return is_filled((char *)unhide(o->hidden) + o->skip,
			o->size - o->skip, index);
	void *const *head = (void **)unhide(o->hidden);
	for (uint32_t i = 0; i < o->nslots; i++)
		if (head[i] != unhide(herd[index + 1 + i].hidden))
			return false;
	return true;
}

__attribute__((noinline)) static uint32_t herd_lost(void)
{
	uint32_t nlost = 0;

	for (uint32_t i = 0; i < herd_count; i++)
		nlost += !herd_object_lives(i);
	return nlost;
}

/* ---- A run ----------------------------------------------------------------
 */

/* So that the herd does not begin where every span does. */
__attribute__((noinline)) static void herd_warm_up(void)
{
	for (uint32_t i = 0; i < 100; i++)
		opaque(malloc(herd_size(i)));
}

static inline void herd_start(void)
{
	static const char *const names[] = {"kept", "control", "gone", "limit"};
	const char *aim = getenv("GC_TEST");

	for (int i = 0; i < 4; i++)
		if (aim != NULL && strcmp(aim, names[i]) == 0)
			herd_aim = (enum herd_aim)i;
	herd_plant_mask = herd_aim == AIM_CONTROL ? 0 : ~(uintptr_t)0;
	if (getenv("GC_TEST_COLD") == NULL)
		herd_warm_up();
	herd_cycles = gc_cycles_done();
}

/* Objects of the herd's sizes come and go where lost ones may have been. */
__attribute__((noinline)) static void herd_churn(void)
{
	enum { BATCH = 500 };
	void *batch[BATCH];

	for (uint32_t i = 0; i < BATCH; i++) {
		batch[i] = malloc(herd_size(i));
		check(batch[i] != NULL);
		memset(batch[i], 0x5a, herd_size(i));
	}
	for (uint32_t i = 0; i < BATCH; i++)
		free(batch[i]);
}

/* Two cycles; what must live also survives what comes after them. */
static inline void herd_collect(void)
{
	gc_now();
	gc_now();
	if (herd_aim == AIM_KEPT && gc_is_on()) {
		herd_churn();
		gc_now();
		herd_churn();
	}
	scrub();
}

/* An object that was reclaimed does not survive this call. */
__attribute__((noinline)) static void herd_ask_sizes(void)
{
	for (uint32_t i = 0; i < herd_count; i++)
		check_cmp(malloc_usable_size(unhide(herd[i].hidden)), >=,
			herd[i].size);
}

/* Says on stderr what is not as it should be; returns main's status. */
static inline int herd_end(void)
{
	const uint32_t nlost = herd_lost();

	check(herd_count > 0);
	if (gc_is_on())
		check_cmp(gc_cycles_done() - herd_cycles, >=, herd_asked);
	if (!gc_is_on() || herd_aim == AIM_KEPT) {
		if (nlost > 0)
			dprintf(2, "%u of %u objects were reclaimed\n", nlost,
				herd_count);
		else
			herd_ask_sizes();
		return nlost > 0;
	}
	if (herd_aim == AIM_LIMIT && nlost == 0) {
		dprintf(2, "all %u objects live: this is no limit\n",
			herd_count);
		return 1;
	}
	if (herd_aim != AIM_LIMIT && nlost * 100 < herd_count * 99) {
		dprintf(2, "only %u of %u lost objects were reclaimed\n", nlost,
			herd_count);
		return 1;
	}
	return 0;
}

/* The whole run of a program that only has to plant. */
static inline int herd_run(void (*build)(void))
{
	herd_start();
	herd_plant(build);
	herd_collect();
	return herd_end();
}

/* ---- Threads that hold still ----------------------------------------------
 */

static bool held;     /* the holder is in place */
static bool released; /* it may go on */

static inline void flag_set(bool *flag, bool value)
{
	__atomic_store_n(flag, value, __ATOMIC_SEQ_CST);
}

static inline bool flag_is_set(bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

/* Waits until the holder is in place, collects, and lets it go on. */
static inline void herd_collect_while_held(void)
{
	while (!flag_is_set(&held))
		usleep(200);
	usleep(2000); /* it may still be on its way into a system call */
	herd_collect();
	flag_set(&released, true);
}

/* Spins on the spot, as a thread that computes. */
static inline void hold_spinning(void)
{
	flag_set(&held, true);
	while (!flag_is_set(&released))
		__asm__ volatile("" : : : "memory");
}

#endif
