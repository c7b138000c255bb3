/* /v1/tours/{tour}/participants: who is in a tour, and what a platform does with one of them. */
#ifndef ORIEL_SERVER_API_PARTICIPANTS_H
#define ORIEL_SERVER_API_PARTICIPANTS_H

#include "server/http/request.h"
#include "server/rest/operation.h"

extern const struct operation operation_participants_list, operation_participants_remove,
    operation_participants_admit, operation_participants_lead, operation_participants_host,
    operation_participants_unhost, operation_participants_mute, operation_participants_allow,
    operation_participants_lower;

/* Each answers its request. */
void participants_list(struct request *r);
void participants_remove(struct request *r);
void participants_admit(struct request *r);
void participants_lead(struct request *r);
void participants_host(struct request *r);
void participants_unhost(struct request *r);
void participants_mute(struct request *r);
void participants_allow(struct request *r);
void participants_lower(struct request *r);

#endif
