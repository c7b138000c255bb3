/* What the requests of hosts have in common. */
#ifndef ORIEL_SIGNALING_REQUESTS_MODERATE_H
#define ORIEL_SIGNALING_REQUESTS_MODERATE_H

#include "signaling/requests/request.h"
#include "signaling/seats/moderation.h"

/* Whose connection it is. CODE_FORBIDDEN: no host. */
enum code moderate_as(const struct call *c, struct moderator *ret);
/* Who in the tour is its "participant"; NULL: nobody is. */
struct seat *moderate_whom(const struct call *c);
/* It was done, and is answered; or was not: the code, with this field if it cannot be done with
 * what that says. */
enum code moderate_done(struct call *c, const char *field, enum code code);

#endif
