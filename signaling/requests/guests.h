/* Whom a request is about, of the guests of its tour: seats that are `named` until the next request
 * names others. Whoever has the same token as one who is named, or excepted, is so, too. */
#ifndef ORIEL_SIGNALING_REQUESTS_GUESTS_H
#define ORIEL_SIGNALING_REQUESTS_GUESTS_H

#include "signaling/requests/request.h"

#define PARTICIPANTS_NAMED_MAX 1024 /* in one list of a request */

/* Those of the list "participants", but those of "except". False: one of the first is no guest, or
 * not there. */
bool guests_name(struct call *c);
/* All, but those of the list "except"; who is not there any more excepts nobody. */
void guests_name_all(struct call *c);

#endif
