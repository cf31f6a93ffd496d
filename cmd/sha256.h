/*
 * sha256: the digest of a file, as sha256sum prints it.
 */
#ifndef CMD_SHA256_H
#define CMD_SHA256_H

#include <stdbool.h>

enum { SHA256_TEXT = 65 };

/* The file's digest in hexadecimal; false: it cannot be read. */
bool sha256_file(const char *path, char digest[SHA256_TEXT]);

#endif
