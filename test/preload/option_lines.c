/*
 * Options: what is understood has its effect, what is not gets one line, and
 * the program runs on with the default.
 */
/* glibc: no, it has no such options */
/* case: none exit 0 */
/* case: inittrace GODEBUG=inittrace=1 exit 0
 * `goalloc: version NUM.NUM.NUM, page size NUM, GOGC=off GOMEMLIMIT=off
 * inittrace=1 madvdontneed=1 scavtrace=0 harddecommit=0 gctrace=0
 * gcpacertrace=0 gcstoptheworld=0 gccheckmark=0 gcsound=0 clobberfree=0
 * memprofilerate=0 tiny=1 zero_realloc=free free=deferred unreachable=reclaim
 * barrier=auto profile_format=pb profile_interval=0 profile_peak=0
 * profile_signal=0 profile_listen=1 profile_seed=0 verbose=0 help=0 profile=,
 * pid NUM` */
/* case: alone GODEBUG=inittrace exit 0 `goalloc: version ANY` */
/* case: last GODEBUG=inittrace=1,inittrace=0 exit 0 */
/* case: wins GODEBUG=inittrace=1 GOALLOC_GODEBUG=inittrace=0 exit 0 */
/* case: both GODEBUG=inittrace=0 GOALLOC_GODEBUG=inittrace=1 exit 0
 * `goalloc: version ANY` */
/* case: go GODEBUG=asyncpreemptoff=x,foo=7,http2debug=1,,bare
 * GOALLOC_GODEBUG=a=b exit 0 */
/* case: godebug_range GODEBUG=madvdontneed=2 exit 0
 * `goalloc: GODEBUG: bad value "2" for madvdontneed; it takes 0 to 1, using 1`
 */
/* case: godebug_text GODEBUG=a=1,inittrace=yes,b=2 exit 0
 * `goalloc: GODEBUG: bad value "yes" for inittrace; it takes 0 to 1, using 0`
 */
/* case: own_godebug GOALLOC_GODEBUG=inittrace=-1 exit 0
 * `goalloc: GOALLOC_GODEBUG: bad value "-1" for inittrace; it takes 0 to 1,
 * using 0` */
/* case: unknown GOALLOC=tny=0,tiny=1 exit 0
 * `goalloc: GOALLOC: unknown option "tny"; the options are tiny, zero_realloc,
 * free, unreachable, barrier, profile_format, profile_interval, profile_peak,
 * profile_signal, profile_listen, profile_seed, verbose, help, profile` */
/* case: malformed GOALLOC=tiny=,zero_realloc=fre,tiny=1x exit 0
 * `goalloc: GOALLOC: bad value "" for tiny; it takes 0 to 1, using 1`
 * `goalloc: GOALLOC: bad value "fre" for zero_realloc; it takes free|alloc,
 * using free`
 * `goalloc: GOALLOC: bad value "1x" for tiny; it takes 0 to 1, using 1` */
/* case: huge GOALLOC=tiny=99999999999999999999999999999999999999999999999 exit
 * 0 `goalloc: GOALLOC: bad value "999999999999999999999999999999999999999" for
 * tiny; it takes 0 to 1, using 1` */
/* case: binary GOALLOC=ti\x1b[31m\xff=1 exit 0
 * `goalloc: GOALLOC: unknown option "ti\x1b[31m\xff"; the options are tiny,
 * zero_realloc, free, unreachable, barrier, profile_format, profile_interval,
 * profile_peak, profile_signal, profile_listen, profile_seed, verbose, help,
 * profile` */
/* case: variables GOGC=fast GOMEMLIMIT=1GB exit 0
 * `goalloc: GOGC: bad value "fast"; it takes off|1 to 2147483647, using off`
 * `goalloc: GOMEMLIMIT: bad value "1GB"; it takes off|auto|bytes, using off`
 */
/* case: empty GOGC= GOMEMLIMIT= GOALLOC= GODEBUG= GOALLOC_GODEBUG=,,, exit 0 */
/* case: untiny GOALLOC=tiny=0 exit 0 */
/* case: verbose GOALLOC=verbose=1,zero_realloc=alloc GOMEMLIMIT=2GiB
 * MALLOC_ARENA_MAX=1 MALLOC_CONF=a:b MALLOC_PERTURB_=1
 * GLIBC_TUNABLES=glibc.malloc.check=1 exit 0
 * `goalloc: GOGC=off (default off)`
 * `goalloc: GOMEMLIMIT=2GiB (default off)`
 * `goalloc: GODEBUG inittrace=0 (default 0)`
 * `goalloc: GODEBUG madvdontneed=1 (default 1)`
 * `goalloc: GODEBUG scavtrace=0 (default 0)`
 * `goalloc: GODEBUG harddecommit=0 (default 0)`
 * `goalloc: GODEBUG gctrace=0 (default 0)`
 * `goalloc: GODEBUG gcpacertrace=0 (default 0)`
 * `goalloc: GODEBUG gcstoptheworld=0 (default 0)`
 * `goalloc: GODEBUG gccheckmark=0 (default 0)`
 * `goalloc: GODEBUG gcsound=0 (default 0)`
 * `goalloc: GODEBUG clobberfree=0 (default 0)`
 * `goalloc: GODEBUG memprofilerate=0 (default 0)`
 * `goalloc: GOALLOC tiny=1 (default 1)`
 * `goalloc: GOALLOC zero_realloc=alloc (default free)`
 * `goalloc: GOALLOC free=deferred (default deferred)`
 * `goalloc: GOALLOC unreachable=reclaim (default reclaim)`
 * `goalloc: GOALLOC barrier=auto (default auto)`
 * `goalloc: GOALLOC profile_format=pb (default pb)`
 * `goalloc: GOALLOC profile_interval=0 (default 0)`
 * `goalloc: GOALLOC profile_peak=0 (default 0)`
 * `goalloc: GOALLOC profile_signal=0 (default 0)`
 * `goalloc: GOALLOC profile_listen=1 (default 1)`
 * `goalloc: GOALLOC profile_seed=0 (default 0)`
 * `goalloc: GOALLOC verbose=1 (default 0)`
 * `goalloc: GOALLOC help=0 (default 0)`
 * `goalloc: GOALLOC profile= (default none)`
 * `goalloc: MALLOC_CONF is set and has no meaning here`
 * `goalloc: MALLOC_ARENA_MAX is set and has no meaning here`
 * `goalloc: MALLOC_PERTURB_ is set and has no meaning here`
 * `goalloc: GLIBC_TUNABLES: glibc.malloc.* has no meaning here` */
/* case: help GOALLOC=help exit 0
 * `goalloc: GOGC=<off|1 to 2147483647> (default off): ANY`
 * `goalloc: GOMEMLIMIT=<off|auto|bytes> (default off): ANY`
 * `goalloc: GODEBUG=inittrace=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=madvdontneed=<0 to 1> (default 1): ANY`
 * `goalloc: GODEBUG=scavtrace=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=harddecommit=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=gctrace=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=gcpacertrace=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=gcstoptheworld=<0 to 2> (default 0): ANY`
 * `goalloc: GODEBUG=gccheckmark=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=gcsound=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=clobberfree=<0 to 1> (default 0): ANY`
 * `goalloc: GODEBUG=memprofilerate=<0 to 2147483647> (default 0): ANY`
 * `goalloc: GOALLOC=tiny=<0 to 1> (default 1): ANY`
 * `goalloc: GOALLOC=zero_realloc=<free|alloc> (default free): ANY`
 * `goalloc: GOALLOC=free=<deferred|now|ignore> (default deferred): ANY`
 * `goalloc: GOALLOC=unreachable=<reclaim|report|keep> (default reclaim): ANY`
 * `goalloc: GOALLOC=barrier=<auto|uffd|devuffd|snapshot|softdirty|stw> (default
 * auto): ANY`
 * `goalloc: GOALLOC=profile_format=<pb|text> (default pb): ANY`
 * `goalloc: GOALLOC=profile_interval=<0 to 2147483647> (default 0): ANY`
 * `goalloc: GOALLOC=profile_peak=<0 to 1> (default 0): ANY`
 * `goalloc: GOALLOC=profile_signal=<0 to 64> (default 0): ANY`
 * `goalloc: GOALLOC=profile_listen=<0 to 1> (default 1): ANY`
 * `goalloc: GOALLOC=profile_seed=<0 to 2147483647> (default 0): ANY`
 * `goalloc: GOALLOC=verbose=<0 to 1> (default 0): ANY`
 * `goalloc: GOALLOC=help=<0 to 1> (default 0): ANY`
 * `goalloc: GOALLOC=profile=<path> (default none): ANY` */
#include <stdlib.h>

#include "test/preload/check.h"

/* How many of a thousand objects of 8 bytes are not aligned to 16. */
static int count_tiny(void)
{
	int n = 0;

	for (int i = 0; i < 1000; i++)
		n += !is_aligned(malloc(8), 16);
	return n;
}

int main(int argc, char **argv)
{
	check(argc == 2);
	const bool tiny = strcmp(argv[1], "untiny") != 0;
	const bool kept = strcmp(argv[1], "verbose") == 0;

	check(tiny ? count_tiny() > 100 : count_tiny() == 0);
	void *p = realloc(malloc(10), 0);
	check((p != NULL) == kept);
	free(p);
	return 0;
}
