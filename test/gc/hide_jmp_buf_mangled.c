/* setjmp encrypts rbp in the buffer, as it does the stack pointer. */
/* expect: limit, rbp in a jmp_buf */
#define JMP_BUF_REGISTER "rbp"
#include "test/gc/hide_jmp_buf.h"
