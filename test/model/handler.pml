/*
 * handler: signal handlers that interrupt malloc and free of their own thread
 * anywhere, and call them (core/thread.h).
 *
 * One thread with an mcache, and one span of three objects.  Its fast paths
 * take the mcache for their length; its slow path is busy and holds the lock.
 * A handler runs from its begin to its end while the thread stands still, so
 * between any two of the thread's accesses.  What it finds decides:
 *
 *   the mcache       it is in nobody's way, and takes fast paths itself
 *   none, not busy   a fast path was interrupted: another mcache is used, and
 *                    what it frees here it frees as a stranger
 *   busy             early memory, and what it frees is deferred
 *
 * The magazines have one round each; their fields change one at a time.
 *
 * Asserted: nobody gets an object that somebody has; a span that is gone is
 * not looked at; a handler never waits (a lock that its thread holds would be
 * an invalid end state).  At the end what is held is LIVE, what was freed is
 * FREE, KEPT, or marked and told, and no span is left deferred.
 *
 *   MUTANT 1  a fast path does not take the mcache
 *   MUTANT 2  thread_leave looks for deferred spans while it is still busy
 *   MUTANT 3  a handler on a busy thread tells the owner itself
 *   MUTANT 4  thread_leave puts back the thread's own, not what it found
 *   MUTANT 5  free stores OBJECT_FREE before its last look at the span
 *   MUTANT 6  a KEPT object counts as free where a handler takes the span
 *   MUTANT 7  flush leaves out the magazine that free puts into
 *
 *   QUICK
 *   LONG -DNSIGNALS=4 -DNCALLS=6
 */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef NSIGNALS
#define NSIGNALS 2
#endif
#ifndef NCALLS
#define NCALLS 3 /* of the thread */
#endif

#define NOBJECTS 4 /* the last lies in another span, and is never freed */
#define OTHER    3
#define FREE     0
#define LIVE     1
#define KEPT     2
#define NONE     7
#define NEVER    9

/* struct mspan */
byte state[NOBJECTS];
bool marked[NOBJECTS]; /* remote bits */
byte cached;           /* free_cache: object 2, or NONE */
byte free_until = NEVER;
bool current = true;
bool fast = true;      /* s->owner is the thread's mcache */
bool pending;
bool deferred;         /* and in the thread's list */
bool gone;

/* struct magazines: two rows of one round, and whether it is there */
byte row[2];
bit out_row, in_row = 1;
bool out_full, in_full;

/* struct thread, and the mcache's lock */
bool mcache = true; /* there is one to take */
bool entered;
bool busy;
bool locked;

bool held[NOBJECTS]; /* the program has it, the handler included */
bool in_handler;
bool over;
byte nsignals;

#define RUNS (me || !in_handler)

/* One access of the thread: not while its handler runs. */
#define STEP(what) atomic { RUNS -> what }

#define FREED(o)     (state[o] == FREE || marked[o] || \
	(MUTANT == 6 && state[o] == KEPT))
#define ALL_FREED    (FREED(0) && FREED(1) && FREED(2))
#define ALL_FREE     (state[0] == FREE && state[1] == FREE && state[2] == FREE)

#define LOOK     assert(!gone)
#define LOOK_AT(o) assert(!gone || (o) == OTHER)

inline hand_out()
{
	STEP(assert(!held[o] && state[o] == LIVE); held[o] = true; o = NONE)
}

/* mcache_alloc: out, else swap, else the cached word; o NONE: none of it. */
inline alloc_fast()
{
	o = NONE;
	if
	:: atomic { RUNS && out_full -> o = row[out_row] }
	:: atomic { RUNS && !out_full && in_full }
		STEP(out_row = in_row; out_full = in_full);
		STEP(in_row = 1 - out_row);
		STEP(in_full = false; o = row[out_row])
	:: atomic { RUNS && !out_full && !in_full && cached != NONE ->
		o = cached + 10 }
	:: atomic { RUNS && !out_full && !in_full && cached == NONE }
	fi;
	if
	:: atomic { RUNS && o == NONE }
	:: atomic { RUNS && o < NONE -> out_full = false }
		STEP(LOOK_AT(o); state[o] = LIVE)
	:: atomic { RUNS && o > NONE -> cached = NONE }
		STEP(o = o - 10; LOOK_AT(o); state[o] = LIVE)
	fi
}

/* mspan_free_by_owner; done false: nothing is freed yet */
inline free_fast()
{
	done = true;
	if
	:: atomic { RUNS && !in_full -> row[in_row] = o }
		STEP(LOOK; state[o] = KEPT);
		STEP(in_full = true)
	:: atomic { RUNS && in_full && MUTANT == 5 -> state[o] = FREE }
		STEP(LOOK; free_until--)
	:: atomic { RUNS && in_full && MUTANT != 5 && free_until == 1 ->
		LOOK; done = false }
	:: atomic { RUNS && in_full && MUTANT != 5 && free_until != 1 ->
		LOOK; free_until-- }
		STEP(LOOK; state[o] = FREE)
	fi
}

inline take()
{
	atomic { RUNS && mcache -> mcache = (MUTANT == 1) }
}

inline put() { STEP(mcache = true) }

/* mcache_tell_owner, of the same or, in a handler, of any other mcache */
inline tell(mine)
{
	atomic { RUNS && !locked -> locked = true }
	if
	:: atomic { RUNS && gone }
	:: atomic { RUNS && !gone && mine }
		collect()
	:: atomic { RUNS && !gone && !mine && !current && ALL_FREED ->
		gone = true; pending = false }
	:: atomic { RUNS && !gone && !mine && (current || !ALL_FREED) ->
		pending = true; fast = false }
	fi;
	STEP(locked = false)
}

/* mcache_relist_locked */
inline relist()
{
	STEP(LOOK;
		free_until = (state[0] != FREE) + (state[1] != FREE) +
			(state[2] != FREE);
		if
		:: ALL_FREE && !current -> gone = true; pending = false
		:: else -> skip
		fi)
}

/* mcache_collect_locked */
inline collect_one(i)
{
	STEP(if
		:: marked[i] -> assert(state[i] == LIVE);
			marked[i] = false; state[i] = FREE
		:: else -> skip
		fi)
}

inline collect()
{
	STEP(fast = true; pending = false);
	collect_one(0);
	collect_one(1);
	collect_one(2);
	relist()
}

/* The light part of a slow free: a list has to change. */
inline free_slow()
{
	enter();
	STEP(assert(!locked); locked = true);
	STEP(LOOK; state[o] = FREE);
	relist();
	STEP(locked = false);
	leave()
}

/* thread_enter */
inline enter()
{
	STEP(busy = true);
	STEP(entered = mcache);
	STEP(mcache = false)
}

/* thread_be_free, thread_leave */
inline leave()
{
	if
	:: MUTANT == 2 -> drain()
	:: MUTANT != 2 -> skip
	fi;
	STEP(mcache = entered || MUTANT == 4);
	STEP(busy = false);
	do
	:: atomic { RUNS && deferred && MUTANT != 2 }
		STEP(busy = true);
		STEP(entered = mcache);
		STEP(mcache = false);
		drain();
		STEP(mcache = entered);
		STEP(busy = false)
	:: atomic { RUNS && (!deferred || MUTANT == 2) -> break }
	od
}

inline drain()
{
	if
	:: atomic { RUNS && deferred -> deferred = false }
		tell(true)
	:: atomic { RUNS && !deferred }
	fi
}

inline unkeep(has, r)
{
	STEP(if
		:: has -> LOOK_AT(row[r]); has = false; state[row[r]] = FREE
		:: else -> skip
		fi)
}

/* A refill: flush, retire the current span or take it again, collect. */
inline refill()
{
	enter();
	STEP(assert(!locked); locked = true);
	if
	:: atomic { RUNS && gone }
	:: atomic { RUNS && !gone }
		unkeep(out_full, out_row);
		if
		:: MUTANT != 7 -> unkeep(in_full, in_row)
		:: MUTANT == 7 -> STEP(in_full = false)
		fi;
		STEP(current = false; cached = NONE);
		relist();
		if
		:: atomic { RUNS && pending }
			collect()
		:: atomic { RUNS && !pending }
		fi;
		if
		:: atomic { RUNS && !gone -> current = true;
			free_until = NEVER;
			cached = (state[2] == FREE -> 2 : NONE) }
		:: atomic { RUNS }
		fi
	fi;
	STEP(locked = false);
	leave()
}

/* free, of an object that is held; by the handler as it finds things */
inline free_object()
{
	if
	:: atomic { RUNS && mcache && fast }
		take();
		free_fast();
		put();
		if
		:: atomic { RUNS && done }
		:: atomic { RUNS && !done && !busy }
			free_slow()
		:: atomic { RUNS && !done && busy } /* a handler in thread_enter */
			defer()
		fi
	:: atomic { RUNS && (!mcache || !fast) && busy && MUTANT != 3 }
		defer()
	:: atomic { RUNS && mcache && !fast && !busy } /* free_by_owner */
		free_slow()
	:: atomic { RUNS && (!mcache || !fast) && busy && MUTANT == 3 }
		STEP(marked[o] = true);
		tell(false)
	:: atomic { RUNS && !mcache && !busy } /* free_by_stranger */
		enter();
		STEP(marked[o] = true);
		tell(false);
		leave()
	fi;
	STEP(o = NONE)
}

/* mcache_defer_free */
inline defer()
{
	STEP(marked[o] = true);
	STEP(deferred = true)
}

inline choose_held()
{
	if
	:: atomic { RUNS && held[0] -> held[0] = false; o = 0 }
	:: atomic { RUNS && held[1] -> held[1] = false; o = 1 }
	:: atomic { RUNS && held[2] -> held[2] = false; o = 2 }
	:: atomic { RUNS }
	fi
}

inline call()
{
	if
	:: atomic { RUNS && mcache }
		take();
		alloc_fast();
		put();
		if
		:: atomic { RUNS && o != NONE }
			hand_out()
		:: atomic { RUNS && o == NONE } /* early or another's memory */
		fi
	:: choose_held();
		if
		:: atomic { RUNS && o != NONE }
			free_object()
		:: atomic { RUNS && o == NONE }
		fi
	fi
}

proctype thread()
{
	byte o = NONE, ncalls;
	bool done, me = false;

	do
	:: atomic { RUNS && ncalls < NCALLS -> ncalls++ }
		call()
	:: atomic { RUNS && ncalls < NCALLS && !busy -> ncalls++ }
		refill()
	:: atomic { RUNS && ncalls == NCALLS -> over = true; break }
	od
}

proctype handler()
{
	byte o = NONE;
	bool done, me = true;

end:	do
	:: atomic { nsignals < NSIGNALS && !over ->
		nsignals++; in_handler = true }
		call();
		atomic { in_handler = false }
	od
}

#define FINE(o) (held[o] == (state[o] == LIVE && !marked[o]))

init {
	atomic {
		state[0] = LIVE; held[0] = true;
		state[1] = LIVE; held[1] = true;
		cached = 2;
		if
		:: in_full = true; row[in_row] = OTHER; state[OTHER] = KEPT
		:: skip
		fi;
		if
		:: current = false; cached = NONE; free_until = 2
		:: skip
		fi;
		run thread();
		run handler()
	}
	timeout;
	assert(over && !in_handler && !busy && mcache && !locked && !deferred);
	assert(gone || FINE(0) && FINE(1) && FINE(2));
	assert(!gone || !held[0] && !held[1] && !held[2]);
	assert(gone || !(marked[0] || marked[1] || marked[2]) || pending);
	assert((state[0] == KEPT) + (state[1] == KEPT) + (state[2] == KEPT) +
		(state[OTHER] == KEPT) == out_full + in_full)
}
