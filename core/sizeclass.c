/*
 * sizeclass: the tables themselves.
 *
 * sizeclass_gen writes them into sizeclass_table.h at build time.  The
 * declarations in sizeclass.h carry the lengths, so a generator that disagrees
 * with the header about the number of classes does not compile.
 */
#include "core/sizeclass.h"

#include "sizeclass_table.h"
