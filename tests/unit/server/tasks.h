/* The threads of this process, as `top -H` and perf show them. */
#ifndef ORIEL_TESTS_UNIT_SERVER_TASKS_H
#define ORIEL_TESTS_UNIT_SERVER_TASKS_H

/* How many have this name. */
unsigned tasks_named(const char *name);

#endif
