/* /v1/recordings/{recording}/verify: a check of all of it, ordered and told. Each answers its
 * request, or sees to it that it will be. */
#ifndef ORIEL_SERVER_API_VERIFY_H
#define ORIEL_SERVER_API_VERIFY_H

#include "server/api/api.h"

/* Have it checked; if that waits or runs already, how far it is. */
void verify_start(struct request *r);
/* How far it is, or what the last check found. */
void verify_state(struct request *r);
/* From the verifier thread: what has ended is recorded for whoever ordered it. */
void verify_service(struct api *a);

#endif
