/* Requests about what is made of recordings: what there is, what is under way, orders to make more
 * and to remove. Belongs to the jobs thread. */
#ifndef ORIEL_SERVER_JOBS_JOB_REQUESTS_H
#define ORIEL_SERVER_JOBS_JOB_REQUESTS_H

#include "server/jobs/job_list.h"

/* Answer a request of JOB_THUMBNAILS to JOB_EXPORT_REMOVE: data, len and number of the reply.
 * Errors are those of struct job_reply; data may be set all the same. */
enum err job_request(struct job_list *jobs, struct library *l, const struct job_request *q,
                     struct job_reply *r);

#endif
