/*
 * json: writes JSON, one call per value, with commas and indentation.
 *
 * Within an object every value has a key, within an array none (NULL).
 */
#ifndef CMD_JSON_H
#define CMD_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;       /* where it goes */
	int depth;       /* of open objects and arrays */
	bool has_before; /* the next value needs a comma */
	bool is_flat;    /* in one line: arrays of numbers */
};

/* { and }, or the value of key. */
void json_object(struct json *j, const char *key);
void json_end_object(struct json *j);

/* [ and ]; a flat one is in one line. */
void json_array(struct json *j, const char *key, bool is_flat);
void json_end_array(struct json *j);

/* Values; a number that is not finite is null. */
void json_string(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);

/* A string in quotes, with what JSON wants escaped. */
void json_quote(FILE *out, const char *text);

#endif
