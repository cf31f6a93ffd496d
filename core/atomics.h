/*
 * atomics: every access to shared memory, with the order in its name.
 *
 * Macros, since they serve words of every width; each maps to one compiler
 * builtin.  An acquire or release names its partner where it is used
 * ("pairs: function").  seqcst is for the store-then-load protocols, which
 * acquire and release cannot order.
 */
#ifndef CORE_ATOMICS_H
#define CORE_ATOMICS_H

#define load_relaxed(p)         __atomic_load_n((p), __ATOMIC_RELAXED)
#define load_acquire(p)         __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define load_seqcst(p)          __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define store_relaxed(p, v)     __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define store_release(p, v)     __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define store_seqcst(p, v)      __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define exchange_acquire(p, v)  __atomic_exchange_n((p), (v), __ATOMIC_ACQUIRE)
#define exchange_release(p, v)  __atomic_exchange_n((p), (v), __ATOMIC_RELEASE)
#define exchange_seqcst(p, v)   __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define fetch_add_relaxed(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define fetch_sub_relaxed(p, v) __atomic_fetch_sub((p), (v), __ATOMIC_RELAXED)
#define fetch_add_seqcst(p, v)  __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define fetch_or_seqcst(p, v)   __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define fetch_and_seqcst(p, v)  __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)

/* Stores v if *p equals *old; else loads *p into *old and says false. */
#define try_cas_acquire(p, old, v)                                             \
	__atomic_compare_exchange_n(                                           \
		(p), (old), (v), 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)
#define try_cas_acqrel(p, old, v)                                              \
	__atomic_compare_exchange_n(                                           \
		(p), (old), (v), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

/* Orders the compiler only: for a signal handler on the same thread. */
#define barrier_compiler() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#endif
