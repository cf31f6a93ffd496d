/* A register that setjmp saves as it is may hold the last pointer. */
#define JMP_BUF_REGISTER "rbx"
#include "test/gc/hide_jmp_buf.h"
