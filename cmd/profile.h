/*
 * profile: what goalloc profile does, each a file of its own.  argv[0] is
 * the word that chose it.
 */
#ifndef CMD_PROFILE_H
#define CMD_PROFILE_H

int profile_record_main(int argc, char **argv);
int profile_pull_main(int argc, char **argv);
int profile_convert_main(int argc, char **argv);
int profile_diff_main(int argc, char **argv);
int profile_show_main(int argc, char **argv);

#endif
