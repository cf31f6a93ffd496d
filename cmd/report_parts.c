/*
 * report_parts: files of cmd/page as strings in this program.
 *
 * Assumes:    the compiler runs in the top folder, as the Makefile does.
 */
#include "cmd/report_parts.h"

#define PART(name, file)                                                       \
	__asm__(".pushsection .rodata\n"                                       \
		".globl " #name "\n" #name ":\n"                               \
		".incbin \"cmd/page/" file "\"\n"                              \
		".byte 0\n"                                                    \
		".popsection\n")

PART(report_css, "report.css");
PART(report_js, "report.js");
