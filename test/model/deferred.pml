/*
 * deferred: frees by signal handlers on busy threads (mcache_defer_free, and
 * drain_deferred at the end of the interrupted slow path), beside a stranger
 * who takes the span when all is freed, and a struct that comes again as the
 * span of a large object.
 *
 * Two handlers and one ordinary thread each free an object of a small span
 * whose owner may collect what they freed.  Whoever frees the last one gives
 * the span back; a thread may then get the struct for a large object, which
 * it keeps, frees, or frees in a handler of its own.
 *
 * Asserted: only a large object that was freed is given back, and once; a
 * struct in somebody's list of deferred spans is nobody's new span; what was
 * freed is collected, or pending with the owner.
 *
 *   MUTANT 1  drain_deferred looks at the kind after it has let go of the span
 *   MUTANT 2  DEFERRED is set whatever the span is by now
 *   MUTANT 3  a struct goes to its next user although it is DEFERRED
 *   MUTANT 4  the handler looks for DEFERRED before it marks the object
 *
 *   QUICK
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define NOBJECTS 3
#define BIT(o)   (1 << (o))

byte in_use = 7; /* states that are not FREE */
byte remote_bits;

/* handoff: read and written as one. */
bool pending;
bool deferred;
bool dead;
bool large;

bool spare;   /* in fixalloc's free list */
bool live;    /* the large object, to the program */
byte nlisted; /* lists of deferred spans that the struct is in */
bool locked;  /* the owner's lock */

inline acquire() { atomic { !locked -> locked = true } }
inline release() { locked = false }

/* mheap_free_span: handoff becomes DEAD, all else is forgotten. */
inline retire()
{
	atomic {
		assert(!dead);
		spare = !deferred || MUTANT == 3;
		dead = true;
		pending = false;
		deferred = false;
		large = false
	}
}

/* mcache_tell_owner by one who is not the owner */
inline tell()
{
	acquire();
	if
	:: dead || large -> skip
	:: !dead && !large ->
		if
		:: (in_use & ~remote_bits) == 0 -> retire()
		:: (in_use & ~remote_bits) != 0 -> pending = true
		fi
	fi;
	release()
}

/* large_give_back */
inline give_back()
{
	assert(large && !live && !dead);
	retire()
}

/* mcache_defer_free after the mark: try_set_deferred */
inline set_deferred(kind)
{
	atomic {
		mine = !deferred && !dead && (large == kind || MUTANT == 2);
		if
		:: mine -> deferred = true; nlisted++
		:: !mine -> skip
		fi
	}
}

/* drain_deferred */
inline drain()
{
	atomic { nlisted--; was_large = large; deferred = false }
	if
	:: MUTANT == 1 -> was_large = large
	:: MUTANT != 1 -> skip
	fi;
	if
	:: was_large -> give_back()
	:: !was_large -> tell()
	fi
}

proctype handler(byte o)
{
	bool mine, was_large, seen;

	if
	:: MUTANT == 4 -> seen = deferred
	:: MUTANT != 4 -> skip
	fi;
	atomic { remote_bits = remote_bits | BIT(o) }
	if
	:: seen -> skip
	:: !seen ->
		set_deferred(false);
		if
		:: mine -> drain()
		:: !mine -> skip
		fi
	fi
}

/* free_by_stranger; told is needed unless the span is pending. */
active proctype stranger()
{
	atomic { remote_bits = remote_bits | BIT(2) }
	if
	:: !pending || (in_use & ~remote_bits) == 0 -> tell()
	:: pending && (in_use & ~remote_bits) != 0 -> skip
	fi
}

/* mcache_collect_locked, at any time */
active proctype owner()
{
	byte taken;

	acquire();
	if
	:: !dead && !large && pending ->
		pending = false;
		atomic { taken = remote_bits; remote_bits = 0 }
		assert((taken & ~in_use) == 0);
		in_use = in_use & ~taken;
		if
		:: in_use == 0 -> retire()
		:: in_use != 0 -> skip
		fi
	:: !(!dead && !large && pending) -> skip
	fi;
	release()
}

/* large_alloc, then one of three fates */
active proctype next_user()
{
	bool mine, was_large;

end:	atomic {
		spare -> spare = false;
		assert(dead && nlisted == 0);
		dead = false;
		large = true;
		live = true;
		in_use = 1;
		remote_bits = 0
	}
	if
	:: skip /* keeps it */
	:: atomic { live = false; remote_bits = 1 } /* large_free */
		give_back()
	:: atomic { live = false; remote_bits = 1 } /* in a handler */
		set_deferred(true);
		assert(mine);
		drain()
	fi
}

init {
	atomic { run handler(0); run handler(1) }
	timeout;
	assert(!locked && nlisted == 0);
	assert(!live || large && !dead);
	assert(dead || live || !large);
	assert(dead || large || remote_bits == 0 || pending)
}
