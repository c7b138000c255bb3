/* Redundant audio as it arrives (RFC 2198): a packet becomes the plain one that it is, and what it
 * repeats becomes packets again where those have not come. Nobody behind knows that it was so.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_RED_IN_H
#define ORIEL_MEDIA_ENGINE_RED_IN_H

#include "media/engine/source.h"
#include "media/wire/red.h"

/* *r, a packet of the payload type that was agreed on for redundancy, becomes its primary one; *ret
 * is all that is in it, and points where *r does. False: it is malformed, or of something else. */
bool red_in_open(const struct inbound *in, struct rtp *r, struct red *ret);
/* Redundant block i of the packet k, whose primary one is *r, as a packet of its own that the
 * caller owns. NULL: it has come, cannot be told which it was, or there is no room for it. */
struct packet *red_in_repair(struct layer *l, const struct packet *k, const struct rtp *r,
                             const struct red *red, unsigned i);

#endif
