/* A session is kept in memory of the rim's (struct session_slot), so that another process can go on
 * with it when this one is gone.
 *
 * DESIGN. Indices have leases (base/lease.h), whose limits are in the slot before an index is used:
 * that is all that must never be wrong. The rest may be older, so it is written when something has
 * changed that matters (a transport that is `kept` leaves itself on transports.changed), and with
 * every other report, once a second; both when engine_output has been drained, and never for a
 * packet. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_KEEP_H
#define ORIEL_MEDIA_ENGINE_KEEP_H

#include "media/engine/session.h"

/* From now on: limits are in the slot when this returns, the rest when the session is connected. */
void keep_begin(struct session *s, us_t now, struct session_slot *slot);
/* The same in a slot of the engine's own (engine_config.slots); none is idle: it is not kept, and
 * counted. */
void keep_new(struct session *s, us_t now);
/* It is over: the slot is empty when this returns, and not touched any more. */
void keep_end(struct session *s);
/* The engine ends, the session does not: the slot stays as it is. */
void keep_leave(struct session *s);
/* The slot says exactly how to go on, and nothing more is sealed here. */
void keep_hand_over(struct session *s, us_t now);
/* Write what has changed since it was last called. */
void keep_changed(struct engine *e, us_t now);

#endif
