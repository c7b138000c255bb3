/* Handshakes that wait their turn. One step of a handshake costs as much as hundreds of packets, so
 * a rush of joins would delay everybody's media: only a few steps are done with each batch of input
 * and each timeout, and what comes beyond waits here, in order. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_HANDSHAKES_H
#define ORIEL_MEDIA_ENGINE_HANDSHAKES_H

#include "base/packet.h"

#include <stdbool.h>

#define HANDSHAKES_WAITING 256 /* datagrams; a client whose datagram finds no place repeats it */
#define HANDSHAKES_EACH 8      /* of one address: no client's flight is longer */
#define HANDSHAKES_STEPS 2     /* with one batch or timeout: about a millisecond */

struct handshakes {
    unsigned steps; /* done since the last drain */
    uint32_t head, n;
    struct packet *ring[HANDSHAKES_WAITING]; /* our references */
};

/* A step may be done now, and is counted. */
bool handshakes_may(struct handshakes *h);
/* The next steps are those of another batch. */
void handshakes_next(struct handshakes *h);
/* Keep a datagram of a handshake for later; false when there is no place, or its sender has its
 * share of them: a flood of one client's must not take the turns of all. */
bool handshakes_defer(struct handshakes *h, struct packet *k);
/* The one that has waited longest, with our reference; NULL when there is none. */
struct packet *handshakes_take(struct handshakes *h);
/* Drop all. */
void handshakes_drop(struct handshakes *h);

#endif
