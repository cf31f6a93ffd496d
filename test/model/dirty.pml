/*
 * dirty: the hand-over of pages between a program that writes and a collector
 * that reads beside it (gc/dirty.h, one cycle).
 *
 * Two pages, of two words and of one.  Both are tracked, but the mapping of
 * page 1 may be replaced at any time (mremap, MAP_FIXED), after which the
 * kernel tracks it no more and says so to a scan.  The mutators move pointers
 * to one object between words and registers: load, store, clear, in every
 * order.  A write to an armed page disarms it in the same step as it stores;
 * a scan takes a page's state and arms it in one step.
 *
 * The collector tracks, reads all, scans and arms again beside the program,
 * then stops it, reads the mutators' registers and what is dirty or not
 * tracked.
 *
 * Asserted at the end: an object that a word or register points to is marked.
 *
 *   MUTANT 1  a page is read before it is tracked
 *   MUTANT 2  a scan reads the page, then arms it
 *   MUTANT 3  a scan looks, then arms, in two steps
 *   MUTANT 4  a scan that failed is forgotten, and the mapping comes back
 *   MUTANT 5  registers are read before the mutators stand still
 *   MUTANT 6  the last scan is before the mutators stand still
 *   MUTANT 7  what is not tracked is not read at the end
 *
 *   QUICK
 *   LONG -DNSCANS=2 -DNWRITES=4
 */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef NSCANS
#define NSCANS 1 /* beside the program */
#endif
#ifndef NWRITES
#define NWRITES 3 /* of each mutator */
#endif

#define NMUTATORS 2

bool word[3] = true; /* words 0 and 1 lie in page 0, word 2 in page 1 */
bool reg[NMUTATORS];
bool armed[2];
bool registered[2];
bool lost[2];        /* struct dirtymap_piece */
bool marked;         /* the object */
bool stop;           /* the collector wants the mutators to stand still */
byte standing;       /* mutators that do, or have ended */

inline mark(pointer) { marked = marked || pointer }

/* Reads a page, a word at a time, beside whoever writes it. */
inline read_page(p)
{
	if
	:: p == 0 -> mark(word[0]); mark(word[1])
	:: p == 1 -> mark(word[2])
	fi
}

#define MAY_ACT (n < NWRITES && !stop)

/* What a mutator does with word w of page p: the kernel sees each store. */
#define ACTS(w, p) \
	:: atomic { MAY_ACT && word[w] && !reg[me] -> reg[me] = true; n++ } \
	:: atomic { MAY_ACT && reg[me] -> \
		word[w] = true; armed[p] = false; n++ } \
	:: atomic { MAY_ACT && word[w] -> \
		word[w] = false; armed[p] = false; n++ }

proctype mutator(byte me)
{
	byte n;

	do
	ACTS(0, 0)
	ACTS(1, 0)
	ACTS(2, 1)
	:: atomic { MAY_ACT && reg[me] -> reg[me] = false; n++ }
	:: atomic { stop || n == NWRITES -> n = 0; standing++; break }
	od
}

/* Another mapping moves there, with what it holds: its words, not armed. */
proctype remapper()
{
	atomic { registered[1] = false; armed[1] = false }
	if
	:: registered[1] = true /* what was in the way is gone again */
	:: skip
	fi
}

/* rung->arm */
inline track(p)
{
	atomic {
		registered[p] = true;
		armed[p] = true
	}
}

/* rung->rearm_written and the visit; each page is a piece. */
inline scan(p)
{
	if
	:: MUTANT == 2 ->
		atomic { written = registered[p] && !armed[p] }
		if
		:: written -> read_page(p)
		:: !written -> skip
		fi;
		atomic { armed[p] = registered[p] || armed[p] }
	:: MUTANT == 3 ->
		atomic { written = registered[p] && !armed[p] }
		atomic { armed[p] = registered[p] || armed[p] }
		if
		:: written -> read_page(p)
		:: !written -> skip
		fi
	:: MUTANT != 2 && MUTANT != 3 ->
		atomic {
			if
			:: lost[p] -> written = false
			:: !lost[p] && !registered[p] ->
				/* EPERM: armed all the same, and unheard of. */
				armed[p] = true;
				lost[p] = MUTANT != 4;
				written = false
			:: !lost[p] && registered[p] ->
				written = !armed[p];
				armed[p] = true
			fi
		}
		if
		:: written -> read_page(p)
		:: !written -> skip
		fi
	fi
}

/* DIRTY_FINAL */
inline scan_final(p)
{
	if
	:: (lost[p] || !registered[p]) && MUTANT != 7 -> read_page(p)
	:: (lost[p] || !registered[p]) && MUTANT == 7 -> skip
	:: !lost[p] && registered[p] && !armed[p] -> read_page(p)
	:: !lost[p] && registered[p] && armed[p] -> skip
	fi
}

inline read_registers()
{
	mark(reg[0]);
	mark(reg[1])
}

inline stand_still() { stop = true; standing == NMUTATORS }

proctype collector()
{
	byte nscans;
	bool written;

	if
	:: MUTANT == 1 -> read_page(0); read_page(1)
	:: MUTANT != 1 -> skip
	fi;
	track(0);
	track(1);
	if
	:: MUTANT == 1 -> skip
	:: MUTANT != 1 -> read_page(0); read_page(1)
	fi;
	do
	:: nscans < NSCANS -> nscans++; scan(0); scan(1)
	:: nscans == NSCANS -> break
	od;
	if
	:: MUTANT == 5 -> read_registers(); stand_still();
		scan_final(0); scan_final(1)
	:: MUTANT == 6 -> scan_final(0); scan_final(1);
		stand_still(); read_registers()
	:: MUTANT != 5 && MUTANT != 6 -> stand_still();
		read_registers(); scan_final(0); scan_final(1)
	fi
}

init {
	atomic {
		word[1] = false;
		word[2] = false;
		run mutator(0);
		run mutator(1);
		run remapper();
		run collector()
	}
	timeout;
	assert(standing == NMUTATORS);
	assert(marked || !(word[0] || word[1] || word[2] || reg[0] || reg[1]))
}
