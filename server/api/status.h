/* Is it alive, can it work, how much does it do. Each answers its request. */
#ifndef ORIEL_SERVER_API_STATUS_H
#define ORIEL_SERVER_API_STATUS_H

#include "server/http/request.h"

/* The process answers. */
void status_health(struct request *r);
/* Every part of it works, or which does not. */
void status_ready(struct request *r);
/* All numbers. */
void status_metrics(struct request *r);
/* For who comes to a WebSocket without one. */
void status_upgrade(struct request *r);

#endif
