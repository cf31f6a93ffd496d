/*
 * verbs: the entry point of every verb.  argv[0] is the verb's own name; the
 * result is the command's exit status.
 */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

int run_main(int argc, char **argv);
int compare_main(int argc, char **argv);
int stat_main(int argc, char **argv);
int top_main(int argc, char **argv);
int profile_main(int argc, char **argv);
int leaks_main(int argc, char **argv);
int doctor_main(int argc, char **argv);

#endif
