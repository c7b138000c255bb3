/* What the audit log is told of a request: who did what to whom, or was refused. A handler says in
 * call.act what it was; for requests that are acts in any case (request.act) it is said before.
 */
#ifndef ORIEL_SIGNALING_REQUESTS_ACT_H
#define ORIEL_SIGNALING_REQUESTS_ACT_H

#include "signaling/requests/call.h"

/* What is known before it is done: who does it may be gone then, and so may whom he does it to.
 * Their memory outlives the effects (state.h). */
struct act {
    const struct seat *by, *whom; /* or NULL */
    const struct tour *tour;      /* likewise */
};

/* The request is about to be handled. */
void act_begin(struct act *a, const struct call *c);
/* It was. Nothing when call.act is ACT_NONE. */
void act_tell(const struct act *a, struct call *c, enum code code);

#endif
