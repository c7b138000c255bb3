/* One task for a media helper on its way: what it is of, its helper, its results. Belongs to the
 * jobs thread. */
#ifndef ORIEL_SERVER_JOBS_JOB_H
#define ORIEL_SERVER_JOBS_JOB_H

#include "recorder/library/library_results.h"
#include "server/jobs/jobs_thread.h"

enum job_kind { JOB_KIND_LOOKS, JOB_KIND_EXPORT }; /* LOOKS: thumbnails, then waveforms */
enum job_state { JOB_FREE, JOB_WAITING, JOB_RUNNING, JOB_FAILED };

struct job {
    uint8_t state, kind, layout;
    uint8_t task; /* TASK_..., while it runs */
    char recording[RECORDING_ID_LEN + 1];
    uint32_t number;
    uint64_t order;    /* first come, first served */
    uint32_t permille; /* of the task that runs */
    us_t ended;        /* JOB_FAILED: when */
    char why[WHY_MAX]; /* JOB_FAILED */
    struct library_task *input;
    struct library_results *results;
    struct helper *helper;
    uint64_t unchecked; /* [bytes] stored since free space was looked at */
    uint64_t reserve;   /* [bytes] */
    const char *dir;    /* whose disk it is */
};

/* Start, or go on with the next task of it. An error has its reason in j->why. */
enum err job_begin(struct job *j, struct library *l, const struct jobs_thread_config *c);
/* Do what can be done. ERR_AGAIN: it goes on; OK: all of it is done and counts; else it has failed,
 * with the reason in j->why, and nothing of the task that ran is left. */
enum err job_step(struct job *j, struct library *l, const struct jobs_thread_config *c);
/* Give up what runs; the job is as it was apart from that. */
void job_drop(struct job *j);

#endif
