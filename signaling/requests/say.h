/* What the requests about saying something have in common. */
#ifndef ORIEL_SIGNALING_REQUESTS_SAY_H
#define ORIEL_SIGNALING_REQUESTS_SAY_H

#include "signaling/ledger/say.h"
#include "signaling/requests/request.h"

/* Whose connection it is. */
struct speaker say_as(const struct call *c);
/* It was said, and is answered; or was not: the code, and the call has the field. */
enum code say_done(struct call *c, const struct speaker *sp, enum code code);

#endif
