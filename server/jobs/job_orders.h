/* Orders about recordings that are there: holding, releasing, shredding, redacting. The keys go
 * first; what a store that is slow or away does not remove is tried again and again. Belongs to the
 * jobs thread.
 */
#ifndef ORIEL_SERVER_JOBS_JOB_ORDERS_H
#define ORIEL_SERVER_JOBS_JOB_ORDERS_H

#include "server/jobs/jobs_thread.h"

#define JOB_ORDERS_OWED 64               /* what is tried again; no more */
#define JOB_ORDERS_AGAIN (30 * US_PER_S) /* after so long [us] */

struct job_owed {
    char recording[RECORDING_ID_LEN + 1];
    uint64_t participant; /* 0: all of it */
    bool redacted;        /* what redactions have left; else it was shredded */
};
struct job_orders {
    struct job_owed owed[JOB_ORDERS_OWED];
    uint32_t n;
    us_t due;       /* of the next attempt, while n > 0 */
    bool destroyed; /* keys of something, by the last order, also where that failed in the end */
};

/* Carry out an order (JOB_HOLD and what follows it). OK with r->number 1: shredded or redacted, and
 * nothing of it can be opened any more, but something is left to be removed. ERR_DENIED: it is
 * held. A redaction is looked at as a whole before anything is done; ERR_RANGE: none of its tracks
 * has anything then; ERR_UNKNOWN with r->number: the track of that place, from 1, is not of the
 * recording. Errors of library_hold, library_release, library_shred, library_shred_person,
 * library_redact and library_redact_look. */
enum err job_order(struct job_orders *o, struct library *l, const struct job_request *q,
                   struct job_reply *r);
/* Once, before the first tick: what the process before this one did not finish is due at once. */
void job_orders_begin(struct job_orders *o, struct library *l);
/* Try again what is due. */
void job_orders_tick(struct job_orders *o, struct library *l, us_t now);

#endif
