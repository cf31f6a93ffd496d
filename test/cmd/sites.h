/*
 * sites: what the program sites allocates, for it and for those who check.
 */
#ifndef TEST_CMD_SITES_H
#define TEST_CMD_SITES_H

/* X(name, bytes of an object, objects that stay, objects that are freed) */
#define FOR_EACH_SITE(X)                                                       \
	X(small, 48, 20000, 1000)                                              \
	X(medium, 1000, 3000, 3000)                                            \
	X(large, 200000, 10, 5)                                                \
	X(passing, 640, 1, 4000)

enum { NMEDIUM = 3000, NKEPT = 20000 + NMEDIUM + 10 + 1 };

#endif
