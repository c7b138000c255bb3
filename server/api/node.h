/* This server as one of an operator's machines: what it does now, and emptying it before it is
 * taken away (docs/operations.md, "Emptying a server"). Each of the first three answers its
 * request. Owner: the control thread. */
#ifndef ORIEL_SERVER_API_NODE_H
#define ORIEL_SERVER_API_NODE_H

#include "server/api/api.h"
#include "server/rest/operation.h"

extern const struct operation operation_node_get, operation_node_drain, operation_node_undrain;

/* What it does now. */
void node_get(struct request *r);
/* No tour begins from now on, and those that run end by the deadline. */
void node_drain(struct request *r);
/* All is as before. */
void node_undrain(struct request *r);

/* Is it being emptied? */
bool node_is_draining(const struct api *a);
/* It is: refuse what would begin a tour. */
void node_refuse(struct request *r);
/* What a server that is being emptied still has to do. */
struct node_left {
    uint32_t tours, participants, recordings; /* of the latter: that are being written */
};
struct node_left node_left(const struct api *a);
/* Now and then: the log is told once when a server that is being emptied has nothing left. */
void node_watch(struct api *a);

#endif
