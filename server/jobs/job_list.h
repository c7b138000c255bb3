/* The tasks that wait, run or have failed, each in a place. Belongs to the jobs thread. */
#ifndef ORIEL_SERVER_JOBS_JOB_LIST_H
#define ORIEL_SERVER_JOBS_JOB_LIST_H

#include "server/jobs/job.h"

struct job_list {
    struct job *jobs;
    uint32_t n;     /* places */
    bool off;       /* nothing is made here */
    uint64_t count; /* of those that were added */
};

/* So many places; off when nothing is to be made. False when memory is out. */
bool job_list_open(struct job_list *l, uint32_t places, bool off);
/* What runs is given up. Safe on a zeroed struct. */
void job_list_close(struct job_list *l);
/* That of the recording, of an export the one with the number; NULL: none. */
struct job *job_list_find(const struct job_list *l, const char *recording, enum job_kind kind,
                          uint32_t number);
/* Let a copy wait. It takes a free place, or that of the oldest failure. NULL: none is left. */
struct job *job_list_add(struct job_list *l, const struct job *wanted);
/* The one that has waited longest, or NULL. */
struct job *job_list_next(const struct job_list *l);
/* How many are in a state. */
uint32_t job_list_count(const struct job_list *l, enum job_state state);
/* Is one of this recording's running? */
bool job_list_runs(const struct job_list *l, const char *recording);
/* Give up what is being made of it, and forget what failed. */
void job_list_drop(struct job_list *l, const char *recording);

#endif
