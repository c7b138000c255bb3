/* The DTLS handshake of a transport. Its object lives from the first record to the last datagram of
 * our last flight; afterwards only the bytes of that flight are kept (media/secure/dtls.h says
 * why). Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_TRANSPORT_HANDSHAKE_H
#define ORIEL_MEDIA_TRANSPORT_HANDSHAKE_H

#include "media/transport/transport.h"

#define HANDSHAKE_FLIGHT_GAP (100 * US_PER_MS) /* [us] between two resends of the last flight */

/* The client has been heard. Where it waits for us (RFC 8842 section 5.3: it offered setup:passive)
 * this is when we begin. */
void handshake_begin(struct transport *t, us_t now);
/* A DTLS datagram by one of its paths. Something may then be there to be sent, whatever the
 * verdict: also an alert. */
enum transport_verdict handshake_input(struct transport *t, us_t now, struct path *path,
                                       struct bytes datagram);
/* Something may be there for handshake_output. */
static inline bool handshake_pending(const struct transport *t) {
    return t->dtls || t->flight_at < t->flight_len;
}
/* When handshake_timeout has something to do; US_NEVER. */
us_t handshake_deadline(const struct transport *t);
/* Repeat the flight when it is due. */
enum transport_verdict handshake_timeout(struct transport *t, us_t now);
/* The path that had better be proven (path_challenge), because the next datagram has to wait for
 * that or for more to come in, or would have to if it got lost; NULL. */
struct path *handshake_to_prove(struct transport *t);
/* The next datagram, with its address; false when there is none, or it has to wait. */
bool handshake_output(struct transport *t, struct datagram *ret);
/* Our close_notify (RFC 5246 section 7.2.1), the last that is sent; false when there is none, or it
 * was sent. */
bool handshake_farewell(struct transport *t, struct datagram *ret);

#endif
