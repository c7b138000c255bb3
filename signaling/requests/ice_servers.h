/* What a client needs besides the answer where no direct path exists: STUN and TURN servers, in the
 * shape of RTCConfiguration.iceServers (W3C WebRTC section 4.2.1). Nothing when there are none. */
#ifndef ORIEL_SIGNALING_REQUESTS_ICE_SERVERS_H
#define ORIEL_SIGNALING_REQUESTS_ICE_SERVERS_H

#include "base/buffer.h"
#include "signaling/requests/request.h"

/* Who has a seat needs no valid token to stay. */
#define WALL_SEAT ((wall_t){US_NEVER})
/* "ice_servers" for who has this sub, hardly longer than until then. */
void reply_ice_servers(const struct call *c, struct buffer *o, const char *sub, wall_t until);

#endif
