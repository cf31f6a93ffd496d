/*
 * unwind on x86-64: from frame to frame by rules that are found once.
 *
 *   pc --remembered?--> rule: CFA = rsp or rbp + n; rbp at CFA - m
 *      --else--> _dl_find_object --> .eh_frame_hdr --> cfi_find --> remember
 *
 * A stack of ten frames takes ten loads of a rule, where libgcc interprets
 * ten programs and restores all registers.  What cfi_find calls complex, and
 * code that no loaded object has, is left to libgcc with the whole stack.
 *
 * A rule is remembered by its address.  Another object may come to lie there;
 * so the rule carries a hash of the bytes before the address, which are the
 * call that returns to it.
 *
 * Both words of an entry are written without a lock.  Their xor is the
 * address: a reader that sees one old and one new word finds no match.
 *
 * Locking:    none.  Context: any in which the program may call malloc.
 */
#include "prof/unwind.h"

#include "core/atomics.h"
#include "core/compiler.h"
#include "core/os_own.h"
#include "prof/cfi.h"

#if defined(__x86_64__)

enum {
	NRULES = 1 << 13,     /* remembered */
	CALL_BYTES = 8,       /* of code before a return address */
	FRAME_MAX = 64 << 20, /* bytes; more is a mistake */
};

/* A rule in a word: struct cfi_rule, and the hash of the call. */
struct packed_rule {
	int32_t cfa_offset; /* as in struct cfi_rule */
	int8_t rbp_words;   /* rbp_offset / 8; 0: rbp is the same */
	uint8_t kind;       /* enum cfi_kind, and FROM_RBP */
	uint16_t call_hash; /* of CALL_BYTES before the address */
};

enum { FROM_RBP = 0x80 /* the CFA is counted from rbp */ };

/* One remembered rule; word 0: none. */
struct remembered {
	uint64_t word; /* atomic: struct packed_rule */
	uint64_t key;  /* atomic: word ^ the address, mixed */
};

/* What _dl_find_object fills in: <dlfcn.h> has it since glibc 2.35. */
struct found_object {
	unsigned long long flags;
	void *map_start, *map_end;
	void *link_map;
	void *eh_frame; /* .eh_frame_hdr */
	unsigned long long reserved[7];
};

/* The registers that the walk needs. */
struct frame {
	uintptr_t pc; /* a return address, or one past where the code is */
	uintptr_t sp; /* rsp */
	uintptr_t bp; /* rbp */
};

static struct remembered *rules;

void unwind_start(const struct stack_unwinder *u)
{
	if (u->find_object != NULL && rules == NULL)
		rules = os_own_map(NRULES * sizeof *rules);
}

static uint64_t word_of(struct packed_rule rule)
{
	uint64_t word;

	__builtin_memcpy(&word, &rule, sizeof word);
	return word;
}

static struct packed_rule rule_of(uint64_t word)
{
	struct packed_rule rule;

	__builtin_memcpy(&rule, &word, sizeof rule);
	return rule;
}

static uint64_t mix(uint64_t n)
{
	return n * UINT64_C(0x9e3779b97f4a7c15);
}

static uint16_t call_hash(uintptr_t pc)
{
	uint64_t code;

	__builtin_memcpy(&code, (const char *)pc - CALL_BYTES, sizeof code);
	return (uint16_t)(mix(code) >> 48);
}

static struct packed_rule pack(const struct cfi_rule *rule, uintptr_t pc)
{
	struct packed_rule packed = {
		.cfa_offset = rule->cfa_offset,
		.kind = (uint8_t)rule->kind,
		.call_hash = call_hash(pc),
	};
	int32_t words = rule->rbp_offset / 8;

	if (rule->cfa_register == CFI_RBP)
		packed.kind |= FROM_RBP;
	if (!rule->saves_rbp)
		return packed;
	packed.rbp_words = (int8_t)words;
	if (words == 0 || packed.rbp_words * 8 != rule->rbp_offset)
		packed.kind = CFI_COMPLEX;
	return packed;
}

/* Finds the rule and remembers it. */
COLD static struct packed_rule learn(
	struct remembered *r, uintptr_t pc, const struct stack_unwinder *u)
{
	const struct packed_rule complex = {.kind = CFI_COMPLEX};
	struct found_object object;

	if (u->find_object((void *)(pc - 1), &object) != 0 ||
		object.eh_frame == NULL ||
		pc - (uintptr_t)object.map_start < CALL_BYTES)
		return complex;
	struct cfi_rule rule = cfi_find(object.eh_frame, pc - 1);
	struct packed_rule packed = pack(&rule, pc);
	uint64_t word = word_of(packed);
	store_relaxed(&r->word, word);
	store_relaxed(&r->key, mix(word) ^ pc);
	return packed;
}

static struct packed_rule find_rule(
	uintptr_t pc, const struct stack_unwinder *u)
{
	struct remembered *r = &rules[mix(pc) >> 51];
	uint64_t word = load_relaxed(&r->word);

	if ((load_relaxed(&r->key) ^ mix(word)) == pc && word != 0) {
		struct packed_rule rule = rule_of(word);
		/* This library stays where it is. */
		if (stack_is_own(u, pc) || rule.call_hash == call_hash(pc))
			return rule;
	}
	return learn(r, pc, u);
}

/* To the caller's frame; false: that makes no sense. */
static bool step(struct frame *f, struct packed_rule rule)
{
	uintptr_t base = (rule.kind & FROM_RBP) != 0 ? f->bp : f->sp;
	uintptr_t cfa = base + (uintptr_t)(intptr_t)rule.cfa_offset;

	if (cfa <= f->sp || cfa - f->sp > FRAME_MAX || cfa % 8 != 0)
		return false;
	const uintptr_t *end = (const uintptr_t *)cfa;
	f->pc = end[-1];
	if (rule.rbp_words != 0)
		f->bp = end[rule.rbp_words];
	f->sp = cfa;
	return true;
}

static struct frame frame_here(void)
{
	struct frame f;

	__asm__ volatile("lea 0(%%rip), %0\n\t"
			 "mov %%rsp, %1\n\t"
			 "mov %%rbp, %2"
			 : "=r"(f.pc), "=r"(f.sp), "=r"(f.bp));
	return f;
}

NOINLINE bool unwind_try(struct stack *stack, const struct stack_unwinder *u)
{
	struct frame f = frame_here();

	stack->npcs = 0;
	if (rules == NULL)
		return false;
	while (f.pc != 0 && stack->npcs < STACK_MAX) {
		struct packed_rule rule = find_rule(f.pc, u);
		enum cfi_kind kind = rule.kind & ~FROM_RBP;
		if (kind == CFI_COMPLEX)
			return false;
		if (stack->npcs > 0 || !stack_is_own(u, f.pc))
			stack->pcs[stack->npcs++] = f.pc;
		if (kind == CFI_END)
			break;
		if (!step(&f, rule))
			return false;
	}
	return true;
}

#else

void unwind_start(const struct stack_unwinder *u)
{
	(void)u;
}

bool unwind_try(struct stack *stack, const struct stack_unwinder *u)
{
	(void)stack;
	(void)u;
	return false;
}

#endif
