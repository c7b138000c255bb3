/* Questions and orders to the jobs thread, and what its replies become. */
#ifndef ORIEL_SERVER_API_TASKS_H
#define ORIEL_SERVER_API_TASKS_H

#include "server/api/call.h"

/* Ask about the recording that the path names, or refuse; the reply goes to on_job, unless the
 * client is gone by then. */
void tasks_ask(struct request *r, struct job_request *q,
               void (*on_job)(struct request *r, struct job_reply *reply));
/* Refuse for what is wrong with any recording that it cannot work on; false: nothing of that. */
bool tasks_refuse(struct request *r, enum err e);
/* From the jobs thread; takes over its data. */
void tasks_reply(struct api *a, struct job_reply *reply);

#endif
