/* ICE credentials of a transport, and those from before a restart. A client that restarts ICE (RFC
 * 8445 section 9) goes on with its old pair until a new one is nominated, so both generations are
 * answered until then: make before break. Whoever restarts again before that (its first answer was
 * lost with its signalling connection) still sits on the pair of the generation before: that one is
 * kept, the one that never had a pair is not. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_TRANSPORT_CREDENTIALS_H
#define ORIEL_MEDIA_TRANSPORT_CREDENTIALS_H

#include "media/transport/transport.h"

/* Can be found by these credentials from now on, and by the ones before until credentials_settle.
 * ERR_EXISTS when another transport has this local ufrag. */
enum err credentials_announce(struct transport *t, const struct ice_credentials *ice);
/* The transport with this local ufrag, and whether that is the one from before its restart; NULL.
 */
struct transport *credentials_find(const struct transports *all, struct bytes ufrag,
                                   bool *ret_earlier);
/* What checks of this path are signed with; without a remote password when it is forgotten. */
static inline const struct ice_credentials *credentials_of(const struct transport *t,
                                                           const struct path *path) {
    return path->earlier ? &t->earlier : &t->ice;
}
/* A path was nominated or proven: when it is the first of a restart that is in use, what was before
 * is forgotten. */
void credentials_settle(struct transport *t);
/* Not found by any ufrag any more. */
void credentials_forget(struct transport *t);

#endif
