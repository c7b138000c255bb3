/* Orders about recordings that are there: holding, releasing, shredding. The keys go first; what a
 * store that is slow or away does not remove is tried again and again. Belongs to the jobs thread.
 */
#ifndef ORIEL_SERVER_JOBS_JOB_ORDERS_H
#define ORIEL_SERVER_JOBS_JOB_ORDERS_H

#include "server/jobs/jobs_thread.h"

#define JOB_ORDERS_OWED 64               /* shreds that are tried again; no more */
#define JOB_ORDERS_AGAIN (30 * US_PER_S) /* after so long [us] */

struct job_owed {
    char recording[RECORDING_ID_LEN + 1];
    uint64_t participant; /* 0: all of it */
};
struct job_orders {
    struct job_owed owed[JOB_ORDERS_OWED];
    uint32_t n;
    us_t due; /* of the next attempt, while n > 0 */
};

/* Carry out an order (JOB_HOLD and what follows it). OK with r->number 1: shredded, and nothing of
 * it can be opened any more, but something is left to be removed. ERR_DENIED: it is held. Errors of
 * library_hold, library_release, library_shred and library_shred_person. */
enum err job_order(struct job_orders *o, struct library *l, const struct job_request *q,
                   struct job_reply *r);
/* Once, before the first tick: what the process before this one did not finish is due at once. */
void job_orders_begin(struct job_orders *o, struct library *l);
/* Try again what is due. */
void job_orders_tick(struct job_orders *o, struct library *l, us_t now);

#endif
