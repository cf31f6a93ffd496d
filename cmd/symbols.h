/*
 * symbols: names for the addresses of a profile.
 */
#ifndef CMD_SYMBOLS_H
#define CMD_SYMBOLS_H

struct heapprof;

/*
 * Gives locations without lines the functions, inlined ones too, that the
 * mapped files and their debug files name there.  Says so once for each file
 * that is not the one that was mapped, or that has no symbols.
 */
void symbols_resolve(struct heapprof *p);

#endif
