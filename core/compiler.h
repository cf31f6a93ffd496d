/*
 * compiler: what the code says to the compiler and not to the machine.
 *
 * likely() and unlikely() order the branches of a fast path.  COLD moves a
 * slow path out of line and out of the way of the instruction cache.  HIDDEN
 * is for data shared between files: -fvisibility=hidden covers definitions
 * only, and an undecorated extern array costs a load of its address.
 */
#ifndef CORE_COMPILER_H
#define CORE_COMPILER_H

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define COLD          __attribute__((cold, noinline))
#define NOINLINE      __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define ALIGNED(n)    __attribute__((aligned(n)))
#define HIDDEN        __attribute__((visibility("hidden")))

#endif
