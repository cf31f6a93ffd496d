/*
 * remote_free: one span between its owner, strangers and mcentral.
 *
 * Threads 1 and 2 have an mcache; thread 0 has none (any more).  At first the
 * span is thread 1's, and every thread holds one object of it.  Then threads
 * free what they hold, refill, allocate from the span and give the object to
 * anybody, and end, in every order.  A span that has gone back to mheap may
 * come again as somebody's new span, in the same struct: what strangers then
 * do with a stale pointer must do no harm.
 *
 * Each statement that stands alone is one access to shared memory; atomic
 * ones are locked instructions, which also empty the thread's store buffer.
 * The owner's fast free puts the object into its magazine, KEPT, or makes it
 * FREE by a plain store, which reaches the others later: "buffered" holds such
 * objects.  Its fast malloc takes either kind.
 *
 * Asserted on the way: no object is handed out twice; a span goes back only
 * when no thread has an object in it, out of all lists and inboxes, and once;
 * a span enters a list only from no list.  Asserted when nothing moves: what
 * was freed is FREE, KEPT by its owner, or marked and in the inbox of a living
 * one; what is held is LIVE; a span that nobody owns is mcentral's and collected.
 *
 *   MUTANT 1  needs_telling looks before the object is marked
 *   MUTANT 2  mcache_collect_locked takes the bits first, then clears PENDING
 *   MUTANT 3  mcentral_put collects while the span is still its owner's
 *   MUTANT 4  tell_locked takes an empty span although it is current
 *   MUTANT 5  tell_locked does not look whether the owner is still the same
 *   MUTANT 6  taking an empty span leaves it in the inbox
 *   MUTANT 7  the mark is a plain store: the look comes before it arrives
 *   MUTANT 8  mcentral_adopt does not look whether anybody owns the span
 *   MUTANT 9  the owner stores OBJECT_FREE before its last look at the span
 *   MUTANT 10  mcentral_put leaves what its owner has kept as it is
 *   MUTANT 11  a stranger counts what is KEPT as freed
 *   MUTANT 12  magazines are flushed without the lock
 *
 *   QUICK -DNALLOCS=0
 *   QUICK -DMAX_SPANS=1 -DNALLOCATORS=1
 *   LONG -DNALLOCS=0 -DNREFILLS=2
 *   LONG -DNREFILLS=2
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define NOBJECTS 3
#define CENTRAL  3 /* as the owner of a list */
#define NOWHERE  4
#define NEVER    255
#ifndef MAX_SPANS
#define MAX_SPANS 2 /* lives of the struct */
#endif
#if MUTANT == 12
#define NALLOCS  0 /* else it takes long to find */
#define NREFILLS 2 /* the second flushes a span that is not current */
#endif
#ifndef NALLOCS
#define NALLOCS 1 /* per thread with an mcache */
#endif
#ifndef NALLOCATORS
#define NALLOCATORS 2 /* threads 1 to n allocate */
#endif
#ifndef NKEPT
#define NKEPT 1 /* objects that a magazine holds */
#endif
#ifndef NREFILLS
#define NREFILLS 1 /* likewise */
#endif

/* struct mspan; the three parts of handoff change together, in atomic. */
byte in_use = 7; /* states that are not FREE */
byte kept;           /* of these, KEPT: in a magazine of the owner */
byte remote_bits;
byte owner = 1;  /* 0: nobody */
bool pending;
bool dead;
byte fast = 1;   /* s->owner */
byte free_until = NEVER;
byte list = NOWHERE;
bool current = true;

/* struct mcache, by thread */
bool locked[4]; /* [CENTRAL]: the mcentral's */
bool inbox[4]; /* [CENTRAL] stays false */
bool leaving[3]; /* whose inbox is about to be forgotten */

byte holder[NOBJECTS]; /* who has the object, plus 1; 0: nobody */
byte nspans = 1;
byte buffered[3]; /* bits that a fast free has cleared, on their way */
byte late_marks;  /* MUTANT 7: marks on their way */

#define BIT(o)     (1 << (o))
#define COUNT(b)   (((b) & 1) + (((b) >> 1) & 1) + (((b) >> 2) & 1))
#define ALL_FREED  \
	((in_use & ~remote_bits & ~(MUTANT == 11 -> kept : 0)) == 0)

inline acquire(l) { atomic { !locked[l] && buffered[me] == 0 -> locked[l] = true } }
inline release(l) { atomic { assert(locked[l]); buffered[me] == 0 -> locked[l] = false } }

/* mheap_free_span */
inline free_span()
{
	atomic {
		assert(!dead);
		assert(holder[0] == 0 && holder[1] == 0 && holder[2] == 0);
		assert(list == NOWHERE && !current);
		assert((!inbox[1] || leaving[1]) && (!inbox[2] || leaving[2]));
		dead = true;
		owner = 0;
		pending = false
	}
}

inline unlist(l)
{
	assert(list == l || list == NOWHERE);
	list = NOWHERE
}

inline enlist(l)
{
	assert(list == NOWHERE);
	list = l
}

/*
 * mspan_classify and what follows; l is thread or CENTRAL, whose lock is held:
 * nobody else looks meanwhile.
 */
inline relist(l)
{
	atomic {
		unlist(l);
		if
		:: in_use == 0 && l != CENTRAL -> /* the only one of its list? */
			enlist(l);
			free_until = 0
		:: in_use == 0 ->
			if
			:: pending && l != CENTRAL -> inbox[l] = false
			:: !pending || l == CENTRAL -> skip
			fi;
			free_span()
		:: in_use != 0 ->
			enlist(l);
			free_until = (in_use == 7 -> 1 : COUNT(in_use))
		fi
	}
}

/* mspan_collect_remote */
inline collect_bits()
{
	atomic { taken = remote_bits; remote_bits = 0 }
	assert((taken & ~(in_use & ~kept)) == 0);
	in_use = in_use & ~taken;
	taken = 0
}

inline clear_pending(l)
{
	atomic { was = pending; pending = false }
	if
	:: was -> assert(inbox[l]); inbox[l] = false; was = false
	:: !was -> skip
	fi
}

/* mcache_collect_locked */
inline collect(l)
{
	fast = l;
	if
	:: MUTANT == 2 -> collect_bits(); clear_pending(l)
	:: MUTANT != 2 -> clear_pending(l); collect_bits()
	fi;
	if
	:: !current -> relist(l)
	:: current -> skip
	fi
}

/* give_to_locked */
inline give_to(l)
{
	atomic { assert(owner == 0); owner = l }
	collect_bits();
	fast = l
}

/* tell_locked; from is the owner that was seen. */
inline tell_owner()
{
	acquire(from);
	if
	:: owner != from && MUTANT != 5 -> skip
	:: owner == from || MUTANT == 5 ->
		told = true;
		if
		:: from == me -> collect(from)
		:: from != me && ALL_FREED && (!current || MUTANT == 4) ->
			if
			:: pending && MUTANT != 6 -> inbox[from] = false
			:: !pending || MUTANT == 6 -> skip
			fi;
			current = false;
			unlist(from);
			free_span()
		:: from != me && !(ALL_FREED && (!current || MUTANT == 4)) ->
			atomic { was = pending; pending = true }
			if
			:: !was ->
				fast = 0;
				assert(!inbox[from]);
				inbox[from] = true
			:: was -> was = false
			fi
		fi
	fi;
	release(from)
}

/* tell_central: thread 0 collects, the others adopt. */
inline tell_central()
{
	if
	:: me != 0 -> acquire(me)
	:: me == 0 -> skip
	fi;
	acquire(CENTRAL);
	if
	:: owner == 0 && !dead || MUTANT == 8 ->
		told = true;
		assert(list == CENTRAL);
		list = NOWHERE;
		if
		:: me != 0 -> give_to(me)
		:: me == 0 -> collect_bits(); relist(CENTRAL)
		fi
	:: !(owner == 0 && !dead || MUTANT == 8) -> skip
	fi;
	release(CENTRAL);
	if
	:: me != 0 && told -> relist(me)
	:: me == 0 || !told -> skip
	fi;
	if
	:: me != 0 -> release(me)
	:: me == 0 -> skip
	fi
}

/* mcache_tell_owner */
inline tell()
{
	told = false;
	do
	:: told -> break
	:: !told ->
		atomic { from = owner; was = dead }
		if
		:: was -> was = false; told = true
		:: !was && from != 0 -> tell_owner()
		:: !was && from == 0 -> tell_central()
		fi
	od;
	told = false;
	from = 0
}

/* free_by_stranger */
inline free_remote(o)
{
	if
	:: MUTANT == 1 -> was = pending
	:: MUTANT != 1 -> skip
	fi;
	atomic { /* mspan_mark_remote */
		assert((in_use & BIT(o)) != 0);
		assert((remote_bits & BIT(o)) == 0);
		holder[o] = 0;
		if
		:: MUTANT == 7 -> late_marks = late_marks | BIT(o)
		:: MUTANT != 7 -> remote_bits = remote_bits | BIT(o)
		fi
	}
	if
	:: MUTANT != 1 -> was = pending
	:: MUTANT == 1 -> skip
	fi;
	if
	:: !was || ALL_FREED -> was = false; tell()
	:: was && !ALL_FREED -> was = false
	fi
}

/* mspan_free_by_owner and free_by_owner are alike here. */
inline free_own(o)
{
	if
	:: NKEPT > 0 && owner == me && fast == me && COUNT(kept) < NKEPT ->
		atomic { /* magazines_free */
			assert(!dead && owner == me);
			holder[o] = 0;
			kept = kept | BIT(o)
		}
	:: true -> free_into_span(o)
	fi
}

inline free_into_span(o)
{
	if
	:: MUTANT == 9 ->
		atomic {
			holder[o] = 0;
			buffered[me] = buffered[me] | BIT(o)
		}
	:: MUTANT != 9 -> skip
	fi;
	assert(!dead && owner == me);
	if
	:: free_until != NEVER -> free_until--
	:: free_until == NEVER -> skip
	fi;
	if
	:: free_until != 0 ->
		atomic {
			holder[o] = 0;
			buffered[me] = buffered[me] | BIT(o)
		}
	:: free_until == 0 -> /* free_event */
		acquire(me);
		atomic {
			holder[o] = 0;
			in_use = in_use & ~BIT(o)
		}
		if
		:: current -> free_until = NEVER
		:: !current -> relist(me)
		fi;
		release(me)
	fi
}

inline free_object(o)
{
	if
	:: me != 0 && (fast == me || owner == me) -> free_own(o)
	:: !(me != 0 && (fast == me || owner == me)) -> free_remote(o)
	fi
}

/* A span for the current one: listed here, in mcentral, or new. */
inline find_span()
{
	if
	:: list == me && in_use != 7 && owner == me ->
		unlist(me);
		current = true
	:: list == CENTRAL && in_use != 7 ->
		acquire(CENTRAL);
		if
		:: list == CENTRAL && in_use != 7 ->
			unlist(CENTRAL);
			give_to(me);
			current = true
		:: !(list == CENTRAL && in_use != 7) -> skip
		fi;
		release(CENTRAL)
	:: atomic {
		dead && nspans < MAX_SPANS ->
		nspans++;
		in_use = 0;
		remote_bits = 0;
		fast = 0;
		dead = false;
		owner = me;
		current = true
	   }
	   fast = me
	:: skip
	fi;
	if
	:: current && owner == me -> free_until = NEVER
	:: !(current && owner == me) -> skip
	fi
}

/* mcache_flush_locked: FREE, then the span's list. */
inline flush()
{
	if
	:: kept != 0 && owner == me ->
		atomic { in_use = in_use & ~kept; kept = 0 }
		if
		:: !current -> assert(!dead); relist(me)
		:: current -> skip
		fi
	:: !(kept != 0 && owner == me) -> skip
	fi
}

/* refill_locked */
inline refill()
{
	if
	:: MUTANT == 12 -> flush()
	:: MUTANT != 12 -> skip
	fi;
	acquire(me);
	if
	:: MUTANT != 12 -> flush()
	:: MUTANT == 12 -> skip
	fi;
	if
	:: current && owner == me -> current = false; relist(me)
	:: !(current && owner == me) -> skip
	fi;
	if
	:: inbox[me] -> assert(owner == me && pending); collect(me)
	:: !inbox[me] -> skip
	fi;
	find_span();
	release(me)
}

/* Takes a free object of the current span and gives it to somebody. */
inline allocate(o)
{
	atomic {
		assert(holder[o] == 0 && !dead && owner == me);
		in_use = in_use | BIT(o);
		kept = kept & ~BIT(o);
		if
		:: holder[o] = 1
		:: holder[o] = 2
		:: holder[o] = 3
		fi
	}
}

inline put()
{
	acquire(CENTRAL);
	fast = 0;
	if
	:: MUTANT == 3 -> collect_bits()
	:: MUTANT != 3 -> skip
	fi;
	atomic { owner = 0; pending = false }
	if
	:: MUTANT != 3 -> collect_bits()
	:: MUTANT == 3 -> skip
	fi;
	if
	:: MUTANT != 10 -> atomic { in_use = in_use & ~kept; kept = 0 }
	:: MUTANT == 10 -> skip
	fi;
	relist(CENTRAL);
	release(CENTRAL)
}

/* mcache_release */
inline leave()
{
	acquire(me);
	leaving[me] = true;
	if
	:: owner == me ->
		current = false;
		unlist(me);
		put()
	:: owner != me -> skip
	fi;
	inbox[me] = false;
	leaving[me] = false;
	release(me)
}

#define HAS(o)     (holder[o] == me + 1)
#define MAY_TAKE(o) (me <= NALLOCATORS && nallocs < NALLOCS && buffered[me] == 0 && \
	(owner == me && current && !dead && (in_use & BIT(o)) == 0 || \
	 owner == me && (kept & BIT(o)) != 0))

proctype thread(byte me)
{
	byte from, taken, nallocs, nrefills;
	bool was, told;

	do
	:: HAS(0) -> free_object(0)
	:: HAS(1) -> free_object(1)
	:: HAS(2) -> free_object(2)
	:: me != 0 && MAY_TAKE(0) -> nallocs++; allocate(0)
	:: me != 0 && MAY_TAKE(1) -> nallocs++; allocate(1)
	:: me != 0 && MAY_TAKE(2) -> nallocs++; allocate(2)
	:: me != 0 && nrefills < NREFILLS -> nrefills++; refill()
	:: !HAS(0) && !HAS(1) && !HAS(2) -> break
	od;
	if
	:: me != 0 -> leave()
	:: skip /* sleeps for ever */
	fi
}

/* Stores arrive. */
active proctype memory()
{
end:	do
	:: atomic { buffered[1] != 0 ->
		in_use = in_use & ~buffered[1];
		buffered[1] = 0 }
	:: atomic { buffered[2] != 0 ->
		in_use = in_use & ~buffered[2];
		buffered[2] = 0 }
	:: atomic { late_marks != 0 ->
		remote_bits = remote_bits | late_marks;
		late_marks = 0 }
	od
}

#define IN_USE (in_use & ~kept & ~remote_bits)
#define HELD   ((holder[0] != 0) | (holder[1] != 0) << 1 | \
	(holder[2] != 0) << 2)

init {
	atomic {
		holder[0] = 2;
		holder[1] = 3;
		holder[2] = 1;
		run thread(0);
		run thread(1);
		run thread(2)
	}
	timeout;
	assert(!locked[1] && !locked[2] && !locked[CENTRAL]);
	assert(dead || IN_USE == HELD);
	assert(!dead || HELD == 0);
	assert(dead || remote_bits == 0 ||
		owner != 0 && pending && inbox[owner]);
	assert(dead || owner != 0 || list == CENTRAL && remote_bits == 0);
	assert(dead || owner == 0 || current || list == owner);
	assert(!pending || inbox[owner]);
	assert(kept == 0 || !dead && owner != 0)
}
