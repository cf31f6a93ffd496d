/*
 * cfi: how to get from a frame to its caller's, from .eh_frame.  See cfi.c.
 *
 * Context: any, handler included; reads only what the tables point to.
 */
#ifndef PROF_CFI_H
#define PROF_CFI_H

#include <stdbool.h>
#include <stdint.h>

enum cfi_kind {
	CFI_COMPLEX, /* it takes more than this */
	CFI_END,     /* there is no caller */
	CFI_STEP,    /* as the other fields say */
};

/* DWARF's numbers of three registers of x86-64. */
enum { CFI_RBP = 6, CFI_RSP = 7, CFI_RETURN = 16 };

/* The step from one frame to the next. */
struct cfi_rule {
	enum cfi_kind kind;   /* whether the rest counts */
	uint8_t cfa_register; /* CFI_RBP or CFI_RSP */
	bool saves_rbp;       /* the caller's is in memory */
	int32_t cfa_offset; /* from the register to the frame's end, the CFA */
	int32_t rbp_offset; /* from the CFA to where the caller's rbp is */
};

/*
 * The rule for the code at pc, from a .eh_frame_hdr.  The return address is 8
 * bytes below the CFA.
 */
struct cfi_rule cfi_find(const uint8_t *header, uintptr_t pc);

#endif
