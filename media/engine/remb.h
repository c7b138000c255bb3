/* What a session's publisher is told of its path when it has agreed on REMB and not on
 * transport-wide feedback: the estimate of media/bwe/receive.h, fed by what arrives. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_REMB_H
#define ORIEL_MEDIA_ENGINE_REMB_H

#include "media/engine/session.h"

/* The first packet of a stream of this line has come. False without memory. */
bool remb_begin(struct session *s, const struct inbound_line *line);
/* A packet arrived; a: of which stream, NULL: of none. An RTX packet has the timestamp of what it
 * repeats. size: [bytes] of the datagram. */
void remb_packet(struct session *s, us_t now, const struct arrival *a, const struct rtp *r,
                 size_t size);
/* A report block about this stream has been made: what it has lost since the one before. */
void remb_report(struct session *s, us_t now, const struct inbound *in);
/* [us] before what is asked for again can have come: the round trip and the queue that stands on
 * its path. Into a full queue nothing helps less than the same packets again and again. 0: unknown.
 */
us_t remb_round_trip(const struct session *s);
/* When remb_write is due; US_NEVER. */
us_t remb_deadline(const struct session *s);
/* Tell it. */
void remb_write(struct session *s, us_t now, struct wr *w);

#endif
