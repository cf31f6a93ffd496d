/*
 * local_free: the owner's last free into a span beside a stranger who finds
 * that nobody has an object there any more, takes the span and gives it back
 * (mspan_free_by_owner, mspan_all_freed_remotely, take_empty_locked).
 *
 * The owner's fast path changes two words without a lock: free_until, then
 * the object's bit in alloc_bits.  Its stores reach memory later, in order: a
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
 *   MUTANT 1  the owner clears the bit first and counts down second
 *   MUTANT 2  stores may reach memory out of order
 *   MUTANT 3  the owner's slow path clears the bit before it takes the lock
 *   MUTANT 4  the stranger looks before it takes the lock, not after
 *
 *   QUICK
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define MINE   1 /* bit of the owner's object */
#define THEIRS 2 /* bit of the stranger's */
#define NEXT   7 /* what the span's next user writes */

byte alloc_bits = MINE | THEIRS;
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
		alloc_bits = NEXT;
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
		:: word == 1 -> alloc_bits = value
		fi
	   }
	od
}

inline count_down()
{
	own_until--;
	store(0, own_until)
}

inline clear_bit()
{
	own_bits = own_bits & ~MINE;
	store(1, own_bits)
}

/* mspan_free_by_owner */
inline free_fast()
{
	if
	:: MUTANT == 1 -> clear_bit(); count_down()
	:: MUTANT != 1 -> count_down(); clear_bit()
	fi
}

/* free_event, and collect_locked at any later time. */
inline free_slow()
{
	if
	:: MUTANT == 3 ->
		clear_bit();
		fence();
		acquire()
	:: MUTANT != 3 ->
		acquire();
		fence();
		clear_bit()
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
	fi;
	if
	:: collect()
	:: skip
	fi
}

/* mspan_all_freed_remotely, on what has arrived in memory. */
inline look()
{
	all = generation == 0 && (alloc_bits & ~remote_bits) == 0
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
	assert(!handed_on || (alloc_bits == NEXT && free_until == NEXT));
	assert(handed_on || (alloc_bits & MINE) == 0)
}
