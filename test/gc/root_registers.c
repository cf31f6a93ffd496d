/*
 * A register is a root: of a thread that computes, of one inside a system
 * call, and what a function that called a blocking one keeps in a register
 * that the callee preserves.
 *
 * The holder's asm makes the pointer from its inverse within the register
 * itself, clears all others and waits; it never stores it.
 */
/* cases: rax rcx rdx rbx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 */
/* cases: xmm0 xmm6 xmm7 xmm15 ymm3 zmm5 zmm29 mm2 */
/* cases: futex_rbx futex_r9 futex_r12 futex_xmm6 futex_zmm29 */
/* cases: call_rbx call_rbp call_r12 call_r13 call_r14 call_r15 */
/* cases: read_buffer */
#include <linux/futex.h>
#include <sys/syscall.h>

#include "test/gc/herd.h"

static uintptr_t found;    /* what the register held at the end */
static uintptr_t saved_sp; /* the holder's stack pointer */
static int futex_word;
static int pipe_ends[2];

#define ALL_GENERAL                                                            \
	"rax", "rcx", "rdx", "rbx", "rsi", "rdi", "rbp", "r8", "r9", "r10",    \
		"r11", "r12", "r13", "r14", "r15", "memory", "cc"

#define CLEAR                                                                  \
	"xor %%eax, %%eax\n xor %%ecx, %%ecx\n xor %%edx, %%edx\n"             \
	"xor %%ebx, %%ebx\n xor %%esi, %%esi\n xor %%edi, %%edi\n"             \
	"xor %%ebp, %%ebp\n xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n"             \
	"xor %%r10d, %%r10d\n xor %%r11d, %%r11d\n xor %%r12d, %%r12d\n"       \
	"xor %%r13d, %%r13d\n xor %%r14d, %%r14d\n xor %%r15d, %%r15d\n"

#define TAKE(reg) "mov %[head], %%" reg "\n xor %[mask], %%" reg "\n"
#define GIVE(reg) "mov %%" reg ", %[found]\n"

#define SPIN                                                                   \
	"movb $1, %[held]\n"                                                   \
	"1: pause\n cmpb $0, %[released]\n je 1b\n"

/* futex(&futex_word, FUTEX_WAIT, 0, NULL), without libc. */
#define FUTEX                                                                  \
	"movb $1, %[held]\n"                                                   \
	"1: mov $202, %%eax\n lea %[futex], %%rdi\n xor %%esi, %%esi\n"        \
	"xor %%edx, %%edx\n xor %%r10d, %%r10d\n syscall\n"                    \
	"cmpb $0, %[released]\n je 1b\n"

/* Calls a function that waits in libc and keeps this register for us. */
#define CALL                                                                   \
	"mov %%rsp, %[sp]\n sub $256, %%rsp\n and $-16, %%rsp\n"               \
	"call *%[block]\n mov %[sp], %%rsp\n"

/* read(pipe, pointer, 1): the call's argument is all there is. */
#define READ                                                                   \
	"mov %%rsp, %[sp]\n sub $256, %%rsp\n and $-16, %%rsp\n"               \
	"mov %[fd], %%edi\n mov $1, %%edx\n movb $1, %[held]\n"                \
	"call *%[read]\n mov %[sp], %%rsp\n" TAKE("rsi")

#define RUN(code)                                                              \
	__asm__ volatile(CLEAR code                                            \
			 : [held] "+m"(held), [released] "+m"(released),       \
			 [found] "+m"(found), [futex] "+m"(futex_word),        \
			 [sp] "+m"(saved_sp)                                   \
			 : [head] "m"(herd_hidden_head),                       \
			 [mask] "m"(herd_plant_mask), [block] "m"(block),      \
			 [read] "m"(do_read), [fd] "m"(pipe_ends[0])           \
			 : ALL_GENERAL)

#define PUT_XMM(n) TAKE("rax") "movq %%rax, %%xmm" n "\n" CLEAR
#define GET_XMM(n) "movq %%xmm" n ", %%rax\n" GIVE("rax")
#define PUT_YMM(n)                                                             \
	TAKE("rax")                                                            \
	"movq %%rax, %%xmm" n "\n vinserti128 $1, %%xmm" n ", %%ymm" n         \
	", %%ymm" n "\n vpxor %%xmm1, %%xmm1, %%xmm1\n vpblendd $0x0f, "       \
	"%%ymm1, %%ymm" n ", %%ymm" n "\n" CLEAR
#define GET_YMM(n) "vextracti128 $1, %%ymm" n ", %%xmm1\n" GET_XMM("1")
#define PUT_ZMM(n)                                                             \
	TAKE("rax")                                                            \
	"vmovq %%rax, %%xmm1\n vpxorq %%zmm" n ", %%zmm" n ", %%zmm" n         \
	"\n vinserti32x4 $3, %%xmm1, %%zmm" n ", %%zmm" n                      \
	"\n vpxor %%xmm1, %%xmm1, %%xmm1\n" CLEAR
#define GET_ZMM(n) "vextracti32x4 $3, %%zmm" n ", %%xmm1\n" GET_XMM("1")
#define PUT_MM(n)  TAKE("rax") "movq %%rax, %%mm" n "\n" CLEAR
#define GET_MM(n)  "movq %%mm" n ", %%rax\n emms\n" GIVE("rax")

static void wait_in_read(void)
{
	char byte;

	flag_set(&held, true);
	check_cmp(read(pipe_ends[0], &byte, 1), ==, 1);
}

static void (*volatile block)(void) = wait_in_read;
static ssize_t (*volatile do_read)(int, void *, size_t) = read;

/* X(name, needs, code) */
#define FOR_EACH_CASE(X)                                                       \
	X(rax, "sse", TAKE("rax") SPIN GIVE("rax"))                            \
	X(rcx, "sse", TAKE("rcx") SPIN GIVE("rcx"))                            \
	X(rdx, "sse", TAKE("rdx") SPIN GIVE("rdx"))                            \
	X(rbx, "sse", TAKE("rbx") SPIN GIVE("rbx"))                            \
	X(rsi, "sse", TAKE("rsi") SPIN GIVE("rsi"))                            \
	X(rdi, "sse", TAKE("rdi") SPIN GIVE("rdi"))                            \
	X(rbp, "sse", TAKE("rbp") SPIN GIVE("rbp"))                            \
	X(r8, "sse", TAKE("r8") SPIN GIVE("r8"))                               \
	X(r9, "sse", TAKE("r9") SPIN GIVE("r9"))                               \
	X(r10, "sse", TAKE("r10") SPIN GIVE("r10"))                            \
	X(r11, "sse", TAKE("r11") SPIN GIVE("r11"))                            \
	X(r12, "sse", TAKE("r12") SPIN GIVE("r12"))                            \
	X(r13, "sse", TAKE("r13") SPIN GIVE("r13"))                            \
	X(r14, "sse", TAKE("r14") SPIN GIVE("r14"))                            \
	X(r15, "sse", TAKE("r15") SPIN GIVE("r15"))                            \
	X(xmm0, "sse", PUT_XMM("0") SPIN GET_XMM("0"))                         \
	X(xmm6, "sse", PUT_XMM("6") SPIN GET_XMM("6"))                         \
	X(xmm7, "sse", PUT_XMM("7") SPIN GET_XMM("7"))                         \
	X(xmm15, "sse", PUT_XMM("15") SPIN GET_XMM("15"))                      \
	X(ymm3, "avx2", PUT_YMM("3") SPIN GET_YMM("3"))                        \
	X(zmm5, "avx512f", PUT_ZMM("5") SPIN GET_ZMM("5"))                     \
	X(zmm29, "avx512f", PUT_ZMM("29") SPIN GET_ZMM("29"))                  \
	X(mm2, "mmx", PUT_MM("2") SPIN GET_MM("2"))                            \
	X(futex_rbx, "sse", TAKE("rbx") FUTEX GIVE("rbx"))                     \
	X(futex_r9, "sse", TAKE("r9") FUTEX GIVE("r9"))                        \
	X(futex_r12, "sse", TAKE("r12") FUTEX GIVE("r12"))                     \
	X(futex_xmm6, "sse", PUT_XMM("6") FUTEX GET_XMM("6"))                  \
	X(futex_zmm29, "avx512f", PUT_ZMM("29") FUTEX GET_ZMM("29"))           \
	X(call_rbx, "sse", TAKE("rbx") CALL GIVE("rbx"))                       \
	X(call_rbp, "sse", TAKE("rbp") CALL GIVE("rbp"))                       \
	X(call_r12, "sse", TAKE("r12") CALL GIVE("r12"))                       \
	X(call_r13, "sse", TAKE("r13") CALL GIVE("r13"))                       \
	X(call_r14, "sse", TAKE("r14") CALL GIVE("r14"))                       \
	X(call_r15, "sse", TAKE("r15") CALL GIVE("r15"))                       \
	X(read_buffer, "sse", TAKE("rsi") READ GIVE("rsi"))

#define DEFINE(name, needs, code)                                              \
	static void *hold_##name(void *arg)                                    \
	{                                                                      \
		if (!__builtin_cpu_supports(needs))                            \
			_exit(NOT_HERE);                                       \
		RUN(code);                                                     \
		return arg;                                                    \
	}
FOR_EACH_CASE(DEFINE)

static const struct {
	const char *name;
	void *(*hold)(void *);
} cases[] = {
#define ROW(name, needs, code) {#name, hold_##name},
	FOR_EACH_CASE(ROW)};

static void plant(void)
{
	herd_planted(HERD_USUAL);
}

/* The byte that a read into the head's first slot finds there already. */
static char same_byte(void)
{
	return (char)hide((void *)herd[1].hidden);
}

static void run(void *(*hold)(void *))
{
	pthread_t id;
	char byte;

	herd_plant(plant);
	byte = same_byte();
	check(pipe(pipe_ends) == 0);
	check(pthread_create(&id, NULL, hold, NULL) == 0);
	herd_collect_while_held();
	check(write(pipe_ends[1], &byte, 1) == 1);
	__atomic_store_n(&futex_word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &futex_word, FUTEX_WAKE, 1, NULL, NULL, 0);
	check(pthread_join(id, NULL) == 0);
	check(found == (herd_hidden_head ^ herd_plant_mask));
}

int main(int argc, char **argv)
{
	check(argc == 2);
	herd_start();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (strcmp(argv[1], cases[i].name) == 0) {
			run(cases[i].hold);
			return herd_end();
		}
	}
	check(!"a case of this name");
	return 1;
}
