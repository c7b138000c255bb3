/* The DTLS handshake of a transport. Its object lives from the first record to the last datagram of
 * our last flight; afterwards only the bytes of that flight are kept (media/secure/dtls.h says
 * why). Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_TRANSPORT_HANDSHAKE_H
#define ORIEL_MEDIA_TRANSPORT_HANDSHAKE_H

#include "media/transport/transport.h"

/* [us] between two answers to a client that repeats its last flight, which may be many datagrams:
 * less than the 50 ms that libwebrtc and NSS wait before their first repetition, or that one would
 * find us silent. */
#define HANDSHAKE_FLIGHT_GAP (25 * US_PER_MS)
/* Our last flight is sent again also unasked, until the client has proven with a packet of its own
 * that it has the keys. RFC 6347 section 4.2.4 leaves that to the client, which waits twice as long
 * each time: where a sixth was lost each way one client in a thousand stood there for seconds.
 * It costs 75 bytes each time. */
#define HANDSHAKE_UNASKED_FIRST (50 * US_PER_MS) /* [us] then twice as long each time, */
#define HANDSHAKE_UNASKED_LAST (400 * US_PER_MS) /* [us] up to this */
#define HANDSHAKE_UNASKED_MAX 14                 /* [count] a client may have nothing to say: 5 s */

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
/* Repeat a flight that is due. */
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
