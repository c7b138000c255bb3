/* Who may ask for what. */
#ifndef ORIEL_SERVER_API_DOOR_H
#define ORIEL_SERVER_API_DOOR_H

#include "server/http/request.h"

/* What a route needs (struct route). */
enum door_needs {
    DOOR_NOTHING,
    DOOR_TOKEN,   /* a valid Bearer token; signaling checks its role and tour */
    DOOR_SCOPE,   /* a Bearer token that allows the scope of its operation (scopes.h), and, where
                     the path names a tour, is for this one or for all */
    DOOR_PLAYBACK /* as DOOR_SCOPE, or the playback cookie of this recording */
};

/* Look at token and ticket: fills the call of the request. False: call.refused says why. */
bool door_admits(struct request *r);
/* May a request that has begun go on? Not when the ticket that let it in is over or was taken
 * back. */
bool door_still_open(const struct request *r);

#endif
