/*
 * cfi: the part of DWARF's call frame information that compilers use in
 * nearly every function of x86-64.
 *
 *   .eh_frame_hdr   sorted table: first address of a function -> its FDE
 *   FDE             its addresses, its CIE, its program
 *   CIE             what FDEs have in common: factors, the first program
 *   program         "from this address on, the CFA is rsp + 16; rbp is saved
 *                   at CFA - 16; ..."
 *
 * Two things are followed: the CFA as rsp or rbp plus a number, and where rbp
 * is.  Whatever else a program does to these two, or to the return address,
 * is complex and left to libgcc: signal frames, procedure linkage tables, and
 * stacks realigned by hand.
 *
 * Locking:    none.  Context: any.
 * Assumes:    a table of 4-byte numbers relative to the header, as ld and lld
 *             write it; else everything is complex.
 */
#include "prof/cfi.h"

#include <stddef.h>
#include <string.h>

enum {
	ENCODING_TABLE = 0x3b,    /* 4 bytes, signed, relative to the header */
	ENCODING_COUNT = 0x03,    /* 4 bytes, unsigned */
	ENCODING_EH_FRAME = 0x1b, /* 4 bytes, signed, relative to itself */
	STATES_MAX = 8,           /* nested remember_state */
	EXTENDED_LENGTH = -1,     /* of an entry beyond 4 GiB */
};

/* DWARF 5, 6.4.2, and the GNU extensions. */
enum {
	DW_ADVANCE_LOC = 0x40,
	DW_OFFSET = 0x80,
	DW_RESTORE = 0xc0,
	DW_NOP = 0x00,
	DW_ADVANCE_LOC1 = 0x02,
	DW_ADVANCE_LOC2 = 0x03,
	DW_ADVANCE_LOC4 = 0x04,
	DW_OFFSET_EXTENDED = 0x05,
	DW_RESTORE_EXTENDED = 0x06,
	DW_UNDEFINED = 0x07,
	DW_SAME_VALUE = 0x08,
	DW_REGISTER = 0x09,
	DW_REMEMBER_STATE = 0x0a,
	DW_RESTORE_STATE = 0x0b,
	DW_DEF_CFA = 0x0c,
	DW_DEF_CFA_REGISTER = 0x0d,
	DW_DEF_CFA_OFFSET = 0x0e,
	DW_DEF_CFA_EXPRESSION = 0x0f,
	DW_EXPRESSION = 0x10,
	DW_VAL_EXPRESSION = 0x16,
	DW_GNU_ARGS_SIZE = 0x2e,
};

/* Where a register's value in the caller is. */
enum place { SAME, AT_OFFSET, UNDEFINED, ELSEWHERE };

/* What a program has said so far. */
struct state {
	uint64_t cfa_register; /* ELSEWHERE is more than any */
	int64_t cfa_offset;    /* from it */
	enum place rbp;        /* where rbp is */
	int64_t rbp_offset;    /* AT_OFFSET: from the CFA */
	enum place ra;         /* where the return address is */
	int64_t ra_offset;     /* AT_OFFSET: from the CFA */
};

/* A program, and how to read it. */
struct program {
	const uint8_t *at;    /* next byte */
	const uint8_t *end;   /* one past the last */
	uint64_t code_factor; /* of distances between addresses */
	int64_t data_factor;  /* of offsets */
	uintptr_t from;       /* the address that is spoken of */
	uintptr_t pc;         /* the one that is asked for */
};

/* An FDE with what its CIE says. */
struct entry {
	struct program common; /* the CIE's program */
	struct program own;    /* its own */
	uintptr_t start;       /* first address */
	uintptr_t size;        /* bytes of code */
	bool is_known;         /* it could be read */
};

static int32_t load_i32(const uint8_t *p)
{
	int32_t n;

	memcpy(&n, p, sizeof n);
	return n;
}

static uint64_t take_uleb(const uint8_t **at)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = *(*at)++;
		n |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			break;
	}
	return n;
}

static int64_t take_sleb(const uint8_t **at)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64;) {
		uint8_t byte = *(*at)++;
		n |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (byte < 0x80) {
			if ((byte & 0x40) != 0 && shift < 64)
				n |= UINT64_MAX << shift;
			break;
		}
	}
	return (int64_t)n;
}

/* The FDE of the function that may hold pc, or NULL. */
static const uint8_t *find_fde(const uint8_t *header, uintptr_t pc)
{
	const uint8_t *table = header + 12;
	uint32_t lo = 0, hi = (uint32_t)load_i32(header + 8);

	while (lo < hi) {
		uint32_t middle = lo + (hi - lo) / 2;
		uintptr_t start = (uintptr_t)header +
				  (uintptr_t)load_i32(table + 8 * middle);
		if (start <= pc)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo > 0 ? header + load_i32(table + 8 * (lo - 1) + 4) : NULL;
}

/* Whether a CIE's letters are such that the last is R, and none is S. */
static bool is_usual(const char *letters)
{
	return strcmp(letters, "zR") == 0 || strcmp(letters, "zPLR") == 0 ||
	       strcmp(letters, "zPR") == 0 || strcmp(letters, "zLR") == 0;
}

/* The CIE at `at`: its factors and program into e->common. */
static bool parse_cie(const uint8_t *at, struct entry *e)
{
	int32_t length = load_i32(at);
	const uint8_t version = at[8];
	const char *letters = (const char *)at + 9;

	if (length == EXTENDED_LENGTH || (version != 1 && version != 3) ||
		!is_usual(letters))
		return false;
	e->common.end = at + 4 + (uint32_t)length;
	const uint8_t *next = at + 9 + strlen(letters) + 1;
	e->common.code_factor = take_uleb(&next);
	e->common.data_factor = take_sleb(&next);
	if (take_uleb(&next) != CFI_RETURN)
		return false;
	uint64_t data_size = take_uleb(&next);
	e->common.at = next + data_size;
	/* The encoding of addresses is the last letter's, hence last. */
	return data_size > 0 && next[data_size - 1] == ENCODING_EH_FRAME;
}

static struct entry parse_fde(const uint8_t *at, uintptr_t pc)
{
	struct entry e = {.is_known = false};
	int32_t length = load_i32(at);

	if (length == EXTENDED_LENGTH ||
		!parse_cie(at + 4 - load_i32(at + 4), &e))
		return e;
	e.start = (uintptr_t)(at + 8) + (uintptr_t)load_i32(at + 8);
	e.size = (uint32_t)load_i32(at + 12);
	e.own = e.common;
	e.own.end = at + 4 + (uint32_t)length;
	e.own.at = at + 16;
	uint64_t data_size = take_uleb(&e.own.at);
	e.own.at += data_size;
	e.own.from = e.start;
	e.own.pc = e.common.pc = pc;
	e.is_known = true;
	return e;
}

static void set_place(
	struct state *s, uint64_t reg, enum place place, int64_t offset)
{
	if (reg == CFI_RBP) {
		s->rbp = place;
		s->rbp_offset = offset;
	} else if (reg == CFI_RETURN) {
		s->ra = place;
		s->ra_offset = offset;
	}
}

static void restore(struct state *s, uint64_t reg, const struct state *first)
{
	if (reg == CFI_RBP)
		set_place(s, reg, first->rbp, first->rbp_offset);
	else
		set_place(s, reg, first->ra, first->ra_offset);
}

/* Instructions about the CFA; false: op is another one. */
static bool run_cfa(struct program *p, struct state *s, uint8_t op)
{
	switch (op) {
	case DW_DEF_CFA:
		s->cfa_register = take_uleb(&p->at);
		s->cfa_offset = (int64_t)take_uleb(&p->at);
		return true;
	case DW_DEF_CFA_REGISTER:
		s->cfa_register = take_uleb(&p->at);
		return true;
	case DW_DEF_CFA_OFFSET:
		s->cfa_offset = (int64_t)take_uleb(&p->at);
		return true;
	case DW_DEF_CFA_EXPRESSION:
		s->cfa_register = UINT64_MAX;
		p->at += take_uleb(&p->at);
		return true;
	}
	return false;
}

/* Instructions about a register; false: op is another one. */
static bool run_register(struct program *p, struct state *s, uint8_t op,
	const struct state *first)
{
	const uint8_t *at = p->at;
	uint64_t reg = take_uleb(&at), n = 0;

	switch (op) {
	case DW_OFFSET_EXTENDED:
		n = take_uleb(&at);
		set_place(s, reg, AT_OFFSET, (int64_t)n * p->data_factor);
		break;
	case DW_RESTORE_EXTENDED: restore(s, reg, first); break;
	case DW_UNDEFINED: set_place(s, reg, UNDEFINED, 0); break;
	case DW_SAME_VALUE: set_place(s, reg, SAME, 0); break;
	case DW_REGISTER:
		take_uleb(&at);
		set_place(s, reg, ELSEWHERE, 0);
		break;
	case DW_EXPRESSION:
	case DW_VAL_EXPRESSION:
		n = take_uleb(&at);
		at += n;
		set_place(s, reg, ELSEWHERE, 0);
		break;
	case DW_GNU_ARGS_SIZE: break; /* its one number has been taken */
	default: return false;
	}
	p->at = at;
	return true;
}

/* Instructions about addresses; false: op is another one. */
static bool run_advance(struct program *p, uint8_t op)
{
	uint64_t distance;

	if ((op & 0xc0) == DW_ADVANCE_LOC) {
		distance = op & 0x3f;
	} else if (op == DW_ADVANCE_LOC1) {
		distance = *p->at++;
	} else if (op == DW_ADVANCE_LOC2) {
		distance = p->at[0] | (uint64_t)p->at[1] << 8;
		p->at += 2;
	} else if (op == DW_ADVANCE_LOC4) {
		distance = (uint32_t)load_i32(p->at);
		p->at += 4;
	} else {
		return false;
	}
	p->from += distance * p->code_factor;
	return true;
}

/* The program up to p->pc; false: it has something unknown. */
static bool run(struct program *p, struct state *s, const struct state *first)
{
	struct state remembered[STATES_MAX];
	unsigned n = 0;

	while (p->at < p->end && p->from <= p->pc) {
		uint8_t op = *p->at++;
		if (op == DW_NOP || run_advance(p, op) || run_cfa(p, s, op))
			continue;
		if ((op & 0xc0) == DW_OFFSET) {
			uint64_t n_units = take_uleb(&p->at);
			set_place(s, op & 0x3f, AT_OFFSET,
				(int64_t)n_units * p->data_factor);
		} else if ((op & 0xc0) == DW_RESTORE) {
			restore(s, op & 0x3f, first);
		} else if (op == DW_REMEMBER_STATE && n < STATES_MAX) {
			remembered[n++] = *s;
		} else if (op == DW_RESTORE_STATE && n > 0) {
			*s = remembered[--n];
		} else if (!run_register(p, s, op, first)) {
			return false;
		}
	}
	return true;
}

static struct cfi_rule rule_of(const struct state *s)
{
	struct cfi_rule rule = {.kind = CFI_COMPLEX};

	if (s->ra == UNDEFINED)
		rule.kind = CFI_END;
	if (s->ra != AT_OFFSET || s->ra_offset != -8 ||
		(s->rbp != SAME && s->rbp != AT_OFFSET) ||
		(s->cfa_register != CFI_RSP && s->cfa_register != CFI_RBP) ||
		s->cfa_offset != (int32_t)s->cfa_offset ||
		s->rbp_offset != (int32_t)s->rbp_offset)
		return rule;
	rule.kind = CFI_STEP;
	rule.cfa_register = (uint8_t)s->cfa_register;
	rule.cfa_offset = (int32_t)s->cfa_offset;
	rule.saves_rbp = s->rbp == AT_OFFSET;
	rule.rbp_offset = (int32_t)s->rbp_offset;
	return rule;
}

struct cfi_rule cfi_find(const uint8_t *header, uintptr_t pc)
{
	const struct cfi_rule complex = {.kind = CFI_COMPLEX};
	const struct cfi_rule end = {.kind = CFI_END};
	struct state s = {.ra = ELSEWHERE}, first;

	if (header[0] != 1 || header[1] != ENCODING_EH_FRAME ||
		header[2] != ENCODING_COUNT || header[3] != ENCODING_TABLE)
		return complex;
	const uint8_t *fde = find_fde(header, pc);
	if (fde == NULL)
		return end;
	struct entry e = parse_fde(fde, pc);
	if (!e.is_known)
		return complex;
	if (pc - e.start >= e.size)
		return end; /* code without information, as _start may be */
	if (!run(&e.common, &s, &s))
		return complex;
	first = s;
	return run(&e.own, &s, &first) ? rule_of(&s) : complex;
}
