/*
 * lock: the futex lock of core/lock.c.
 *
 * A thread may fail any number of times to take the lock by spinning: that is
 * the choice between try_lock and going on to the exchange.  The kernel looks
 * at the word and puts the thread to sleep in one step; a wake takes one
 * sleeper, any of them, and a sleeper may wake without one.
 *
 * Never two threads inside.  When nothing can move on, everybody is done: a
 * lost wake-up leaves a sleeper behind, which spin reports as an invalid end
 * state.
 *
 *   MUTANT 1  a contender leaves 1 behind and waits for it to change
 *   MUTANT 2  the kernel does not compare the word before it sleeps
 *   MUTANT 3  unlock wakes nobody
 *   MUTANT 4  a sleeper that was woken takes the lock as 1, not 2
 *
 *   QUICK
 */
#ifndef MUTANT
#define MUTANT 0
#endif
#define NTHREADS 3
#define NROUNDS  2

#define FREE      0
#define HELD      1
#define CONTENDED 2

byte state = FREE; /* struct lock */
byte inside;       /* threads that hold it */
bool asleep[NTHREADS];

inline lock_slow()
{
	if
	:: MUTANT == 1 -> take = HELD
	:: else -> take = CONTENDED
	fi;
	do
	:: atomic { /* exchange_acquire */
		old = state;
		state = take;
	   }
	   if
	   :: old == FREE -> break
	   :: else ->
		atomic { /* os_futex_wait */
			if
			:: state == take || MUTANT == 2 ->
				asleep[_pid] = true
			:: else -> skip
			fi
		}
		!asleep[_pid];
		if
		:: MUTANT == 4 -> take = HELD
		:: else -> skip
		fi
	   fi
	od
}

inline acquire()
{
	if
	:: atomic { state == FREE -> state = HELD } /* try_lock */
	:: lock_slow()
	fi
}

inline wake_one()
{
	atomic {
		if
		:: asleep[0] -> asleep[0] = false
		:: asleep[1] -> asleep[1] = false
		:: asleep[2] -> asleep[2] = false
		:: !asleep[0] && !asleep[1] && !asleep[2] -> skip
		fi
	}
}

inline release()
{
	atomic { old = state; state = FREE } /* exchange_release */
	if
	:: old == CONTENDED && MUTANT != 3 -> wake_one()
	:: else -> skip
	fi
}

active [NTHREADS] proctype thread()
{
	byte old, take, round;

	do
	:: round < NROUNDS ->
		acquire();
		inside++;
		assert(inside == 1);
		inside--;
		release();
		round++
	:: else -> break
	od
}
