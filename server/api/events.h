/* /v1/events, /v1/tours/{tour}/events and /v1/events/receivers: the ledger of events, and who is
 * told of it. Every answer waits for the thread of events. */
#ifndef ORIEL_SERVER_API_EVENTS_H
#define ORIEL_SERVER_API_EVENTS_H

#include "server/api/api.h"

/* Each answers its request, now or later. */
void events_list(struct request *r);
void events_of_tour(struct request *r);
void events_receivers(struct request *r);
void events_dead(struct request *r);
void events_retry(struct request *r);
void events_retry_all(struct request *r);
void events_replay(struct request *r);
/* From the thread; takes over its data. */
void events_reply(struct api *a, struct events_reply *reply);

#endif
