/* Who may ask for what. */
#ifndef ORIEL_SERVER_API_DOOR_H
#define ORIEL_SERVER_API_DOOR_H

#include "server/api/api.h"

/* What a route needs (struct route). */
enum door_needs {
    DOOR_NOTHING,
    DOOR_PROBE,   /* nothing, not even our name as its Host */
    DOOR_TOKEN,   /* a valid Bearer token; signaling checks its role and tour */
    DOOR_OFFER,   /* the same, with an offer of media: limits.offers_per_minute */
    DOOR_SCOPE,   /* a Bearer token that allows the scope of its operation (scopes.h), and, where
                     the path names a tour, is for this one or for all */
    DOOR_PLAYBACK /* as DOOR_SCOPE, or the playback cookie of this recording */
};

/* What a token says, or is wrong with it. An address that has shown too many that nobody signed
 * (limits.failed_tokens_per_minute) is told CODE_TOKEN_ATTEMPTS for a while, and its tokens are not
 * looked at. client NULL: unknown. */
enum code door_verify(struct api *a, const struct addr *client, struct bytes token,
                      struct claims *ret);
/* Look at token and ticket: fills the call of the request. False: call.refused says why. */
bool door_admits(struct request *r);
/* May a request that has begun go on? Not when the ticket that let it in is over or was taken
 * back. */
bool door_still_open(const struct request *r);

#endif
