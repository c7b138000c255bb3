/* /v1/tours/{tour}/participants, and the lock: who is in a tour, and what a platform does with
 * them. */
#ifndef ORIEL_SERVER_API_PARTICIPANTS_H
#define ORIEL_SERVER_API_PARTICIPANTS_H

#include "server/http/request.h"
#include "server/rest/operation.h"

extern const struct operation operation_participants_list, operation_participants_remove,
    operation_participants_admit, operation_participants_lead, operation_tours_lock,
    operation_tours_unlock;

/* Each answers its request. */
void participants_list(struct request *r);
void participants_remove(struct request *r);
void participants_admit(struct request *r);
void participants_lead(struct request *r);
void participants_lock(struct request *r);
void participants_unlock(struct request *r);

#endif
