/*
 * local_free: the owner's last free into a span beside a stranger who finds
 * that nobody has an object there any more, takes the span and gives it back
 * (mspan_free_by_owner, mspan_all_freed_remotely, mcache_free_empty_locked).
 *
 * The owner's fast path changes two words without a lock: free_until, then
 * the object's state, FREE.  Or it stores the state alone, KEPT, and has the
 * object in a magazine: it flushes that later, under its lock.  Its stores reach memory later, in order: a
 * store buffer stands between.  The stranger reads memory, takes the owner's
 * lock and hands the span on, whose next user starts with words of its own.
 *
 * The owner has object 0, the stranger object 1.  The owner may also take its
 * lock and look at the span (free_event, as when free_until has run out).
 *
 * The next user's words must stay as it wrote them: a store of the owner that
 * arrives late would be the owner's last access after the span has vanished.
 * Nobody gives the span back twice, and if the stranger does not take it then
 * the owner still has it.
 *
 *   MUTANT 1  the owner stores FREE first and counts down second
 *   MUTANT 2  stores may reach memory out of order
 *   MUTANT 3  the owner's slow path stores FREE before it takes the lock
 *   MUTANT 4  the stranger looks before it takes the lock, not after
 *   MUTANT 5  the stranger counts what is KEPT as freed
 *   MUTANT 6  the owner flushes its magazine without the lock
 *
 *   QUICK
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define MINE   1 /* the owner's object is not FREE */
#define THEIRS 2 /* bit of the stranger's */
#define KEPT   4 /* and it is KEPT */
#define NEXT   15 /* what the span's next user writes */

byte in_use = MINE | THEIRS; /* states */
byte free_until = 2; /* a partial span: objects that are allocated */
byte remote_bits;
byte generation; /* of the span: grows when it is given back */
bool locked;     /* the owner's lock */
bool handed_on;  /* the next user has written its words */

/* The owner's store buffer; values are computed from the owner's own view. */
chan buffer = [2] of {bit /* which word */, byte /* value */};
byte own_bits = MINE | THEIRS;
byte own_until = 2;

inline store(word, value) { buffer!word,value }

/* A locked instruction waits until the buffer is empty. */
inline fence() { empty(buffer) }

inline acquire() { atomic { !locked -> locked = true } }
inline release() { locked = false }

inline give_back()
{
	generation++;
	assert(generation == 1);
}

/* The next user of the memory; its words are nobody else's business. */
inline hand_on()
{
	atomic {
		in_use = NEXT;
		free_until = NEXT;
		handed_on = true
	}
}

/* Memory: one store of the buffer arrives. */
active proctype memory()
{
	bit word;
	byte value;

end:	do
	:: atomic {
		if
		:: buffer?word,value
		:: MUTANT == 2 && buffer??[1,value] ->
			buffer??1,value;
			word = 1
		fi;
		assert(generation == 0);
		if
		:: word == 0 -> free_until = value
		:: word == 1 -> in_use = value
		fi
	   }
	od
}

inline count_down()
{
	own_until--;
	store(0, own_until)
}

inline store_free()
{
	own_bits = own_bits & ~(MINE | KEPT);
	store(1, own_bits)
}

/* mspan_free_by_owner */
inline free_fast()
{
	if
	:: MUTANT == 1 -> store_free(); count_down()
	:: MUTANT != 1 -> count_down(); store_free()
	fi
}

/* magazines_free, and mcache_flush_locked. */
inline free_kept()
{
	own_bits = own_bits | KEPT;
	store(1, own_bits);
	if
	:: MUTANT != 6 -> acquire()
	:: MUTANT == 6 -> skip
	fi;
	fence();
	assert(generation == 0);
	store_free();
	fence();
	assert(generation == 0); /* and its list */
	if
	:: own_bits == 0 -> give_back(); hand_on()
	:: else -> skip
	fi;
	if
	:: MUTANT != 6 -> release()
	:: MUTANT == 6 -> skip
	fi
}

/* free_event, and mcache_collect_locked at any later time. */
inline free_slow()
{
	if
	:: MUTANT == 3 ->
		store_free();
		fence();
		acquire()
	:: MUTANT != 3 ->
		acquire();
		fence();
		store_free()
	fi;
	fence();
	assert(generation == 0); /* relist_locked looks at the span */
	release()
}

inline collect()
{
	acquire();
	fence();
	if
	:: generation == 0 ->
		own_bits = own_bits & ~remote_bits;
		remote_bits = 0;
		store(1, own_bits);
		fence();
		if
		:: own_bits == 0 -> give_back(); hand_on()
		:: else -> skip
		fi
	:: else -> skip /* no longer in the inbox */
	fi;
	release()
}

active proctype owner()
{
	if
	:: free_fast()
	:: free_slow()
	:: free_kept()
	fi;
	if
	:: collect()
	:: skip
	fi
}

/* mspan_all_freed_remotely, on what has arrived in memory. */
inline look()
{
	all = generation == 0 && (in_use & ~remote_bits & ~KEPT &
		~(MUTANT == 5 && (in_use & KEPT) -> MINE : 0)) == 0
}

/* mspan_mark_remote, then tell_locked. */
active proctype stranger()
{
	bool all;

	remote_bits = THEIRS;
	if
	:: MUTANT == 4 ->
		look();
		acquire()
	:: else ->
		acquire();
		look()
	fi;
	if
	:: all -> give_back(); hand_on()
	:: else -> skip
	fi;
	release()
}

/* At the end the next user's words are as it wrote them. */
active proctype judge()
{
	timeout;
	assert(!handed_on || (in_use == NEXT && free_until == NEXT));
	assert(handed_on || (in_use & MINE) == 0)
}
