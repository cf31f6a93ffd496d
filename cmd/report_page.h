/*
 * report_page: the sections of report.html, in their order.  Each writes
 * itself, or nothing if the comparison has nothing for it.
 */
#ifndef CMD_REPORT_PAGE_H
#define CMD_REPORT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/compare.h"

/* The sentences, the command and where it ran. */
void page_head(FILE *out, const struct comparison *c);

/* Four figures large, with every run as a dot. */
void page_key_figures(FILE *out, const struct comparison *c);

/* All figures with their intervals. */
void page_figures(FILE *out, const struct comparison *c);

/* Memory over time. */
void page_series(FILE *out, const struct comparison *c);

/* Where the resident memory is. */
void page_ledger(FILE *out, const struct comparison *c);

/* Which sizes are asked for, and what rounding costs. */
void page_sizes(FILE *out, const struct comparison *c);

/* Who allocates more or less, and who pins free memory. */
void page_sites(FILE *out, const struct comparison *c);

/* The calls as a tree, coloured by what has changed. */
void page_flame(FILE *out, const struct comparison *c);

/* Whether there is something for a section. */
bool page_has_series(const struct comparison *c);
bool page_has_ledger(const struct comparison *c);
bool page_has_sizes(const struct comparison *c);
bool page_has_sites(const struct comparison *c);

/* Writes FOLDER/report.html; false: it cannot be written. */
bool report_html(const struct comparison *c);

#endif
