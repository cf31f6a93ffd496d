/*
 * report_parts: the style and the script of report.html, from cmd/page.
 */
#ifndef CMD_REPORT_PARTS_H
#define CMD_REPORT_PARTS_H

extern const char report_css[];
extern const char report_js[];

#endif
