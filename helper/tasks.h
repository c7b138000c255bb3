/* The tasks of a helper, a file each, and how they say that they go on. */
#ifndef ORIEL_HELPER_TASKS_H
#define ORIEL_HELPER_TASKS_H

#include "recorder/derived/task.h"

/* Do the task and tell the results; they end the process when they cannot. */
void task_thumbnails(const struct task *t);
void task_waveform(const struct task *t);
void task_export(const struct task *t);

/* `done` of `all` are done: a sign of life, told to the server. */
void tasks_progress(uint64_t done, uint64_t all);

#endif
