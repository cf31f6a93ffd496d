/*
 * stw: stopping the world (shims/region.h, shims/stopsignal.c, gc/stw.c):
 * the flag, the membarrier, safe regions and the stop signal.
 *
 * A thread runs code of the program, goes into calls that wait, and leaves
 * them.  Its store of `state` goes through a store buffer: it reaches memory
 * when the buffer is drained, at the latest by the collector's membarrier or
 * by the thread's own system calls.  The collector stops it twice.
 *
 * Asserted: between stop and start the thread runs no code of the program, and
 * what it has shown (its stack pointer) is what holds; no stop signal arrives
 * while the thread is in a call that waits; nobody waits for ever.
 *
 *   MUTANT 1  no membarrier
 *   MUTANT 2  region_end does not look at `stopping`
 *   MUTANT 3  region_begin does not look at `stopping` and `asked`
 *   MUTANT 4  region_begin looks at `stopping` alone
 *   MUTANT 5  the stack pointer is stored after the state
 *   MUTANT 6  the handler parks once, whatever stop is in progress by then
 *   MUTANT 7  region_begin_slow makes no system call after the stop
 *   MUTANT 8  region_end_slow does not look again when it has run
 *
 *   QUICK
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define NSTOPS 2
#define NCALLS 2

mtype = { RUNNING, SAFE, PARKED }

/* In memory. */
mtype state = RUNNING;
bool sp_shown;   /* the record's stack pointer is the thread's */
byte stopping;   /* the stop in progress, or 0 */
bool asked;      /* a signal was sent, or will be at once */

/* The thread's store buffer: one store of `state`, in order after sp. */
bool buffered;
mtype buffered_state;

bool pending;    /* the signal, not delivered yet */
bool in_program; /* the thread runs code of the program */
bool in_call;    /* the thread is in a call that waits */
bool stopped;    /* the collector works on a stopped world */
bool done;       /* the thread has ended */

inline drain()
{
	d_step {
		if
		:: buffered -> state = buffered_state; buffered = false
		:: else
		fi
	}
}

inline store_state(s)
{
	d_step {
		if
		:: buffered -> state = buffered_state
		:: else
		fi;
		buffered_state = s;
		buffered = true
	}
}

/* What the thread itself reads: its own store first. */
#define own_state (buffered -> buffered_state : state)

/* The buffer may drain at any time. */
active proctype store_buffer()
{
end:	do
	:: atomic { buffered -> drain() }
	od
}

/*
 * The kernel delivers a pending signal before the next instruction: here
 * wherever the thread calls this, and always on return from a system call.
 * The handler: drain is the kernel's entry.
 */
inline deliver()
{
	if
	:: atomic { pending ->
		assert(!in_call);
		pending = false;
		drain()
	   };
	   if
	   :: stopping == 0 || own_state == SAFE -> asked = false
	   :: else ->
		was_in_program = in_program;
		in_program = false;
		sp_before = sp_shown;
		sp_shown = true;
		do
		:: store_state(PARKED); drain();
		   asked = false;
		   if
		   :: MUTANT == 6 -> this_stop = stopping;
		      stopping != this_stop
		   :: MUTANT != 6 -> stopping == 0
		   fi;
		   store_state(RUNNING);
		   if
		   :: stopping == 0 || MUTANT == 6 -> break
		   :: else
		   fi
		od;
		sp_shown = sp_before;
		in_program = was_in_program
	   fi
	:: atomic { !pending -> skip }
	fi
}

/* world_wait: the futex wait is a system call. */
inline world_wait()
{
	do
	:: stopping != 0 -> drain(); asked = false; stopping == 0; deliver()
	:: stopping == 0 -> break
	od
}

inline region_begin()
{
	if
	:: MUTANT == 5 -> store_state(SAFE); sp_shown = true
	:: MUTANT != 5 -> sp_shown = true; store_state(SAFE)
	fi;
	deliver();
	if
	:: MUTANT == 3 -> skip
	:: MUTANT == 4 ->
		if
		:: stopping != 0 -> world_wait()
		:: else
		fi
	:: MUTANT != 3 && MUTANT != 4 ->
		if
		:: stopping == 0 -> skip
		:: stopping != 0 -> was_asked = true
		fi;
		if
		:: asked -> was_asked = true
		:: !asked -> skip
		fi;
		do
		:: was_asked ->
			was_asked = false;
			/* world_wait, which says whether it was asked */
			do
			:: stopping != 0 -> drain();
			   if
			   :: asked -> asked = false; was_asked = true
			   :: !asked -> skip
			   fi;
			   stopping == 0;
			   deliver()
			:: stopping == 0 -> break
			od;
			if
			:: asked -> asked = false; was_asked = true
			:: !asked -> skip
			fi;
			/* gettid: signals sent so far are delivered */
			if
			:: MUTANT == 7 -> skip
			:: MUTANT != 7 -> drain(); deliver()
			fi
		:: !was_asked -> break
		od
	fi
}

inline region_end()
{
	store_state(RUNNING);
	deliver();
	if
	:: MUTANT == 2 -> skip
	:: MUTANT != 2 ->
		do
		:: stopping != 0 ->
			store_state(SAFE);
			world_wait();
			store_state(RUNNING);
			deliver();
			if
			:: MUTANT == 8 -> break
			:: MUTANT != 8 -> skip
			fi
		:: stopping == 0 -> break
		od
	fi;
	sp_shown = false
}

active proctype thread()
{
	byte calls, this_stop;
	bool was_in_program, sp_before, was_asked;

	do
	:: calls < NCALLS ->
		calls++;
		in_program = true;
		assert(!stopped);
		deliver();
		assert(!stopped);
		in_program = false;
		region_begin();
		/* The call: the kernel's entry drains, then it waits. */
		drain();
		in_call = true;
		in_call = false;
		deliver();
		region_end()
	:: calls == NCALLS -> break
	od;
	/* Its last code, and the end of the thread: exit is a system call. */
	in_program = true;
	deliver();
	in_program = false;
	drain();
	done = true;
	do
	:: pending -> pending = false
	:: timeout -> break
	od
}

/* A signal that arrives in the call interrupts it. */
active proctype kernel()
{
end:	do
	:: atomic { pending && in_call -> assert(false) }
	od
}

inline is_stopped(yes)
{
	d_step { yes = done || state == SAFE || state == PARKED }
}

active proctype collector()
{
	byte stops;
	bool yes;

	do
	:: stops < NSTOPS ->
		stops++;
		stopping = stops;
		if
		:: MUTANT == 1 -> skip
		:: MUTANT != 1 -> drain() /* membarrier */
		fi;
		is_stopped(yes);
		if
		:: yes -> skip
		:: !yes ->
			asked = true;
			pending = true;
			done || state == SAFE || state == PARKED
		fi;
		stopped = true;
		assert(!in_program || done);
		assert(sp_shown || done);
		stopped = false;
		stopping = 0
	:: stops == NSTOPS -> break
	od
}
