/* Addresses of a transport: only an authenticated STUN check makes an address valid, and only a
 * valid address may speak DTLS, SRTP or SRTCP (RFC 8445 section 12, RFC 8827 section 6.5). A source
 * address is never filtered otherwise: with a server on loopback browsers send from elsewhere.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_TRANSPORT_PATH_H
#define ORIEL_MEDIA_TRANSPORT_PATH_H

#include "media/transport/transport.h"

/* [us] RFC 7675 section 5.1: a client checks at least so often */
#define PATH_OWNED (5 * US_PER_S)
#define PATH_CHALLENGE_GAP (100 * US_PER_MS) /* [us] between two challenges of one path */
#define PATH_LIFE (10 * US_PER_S)            /* [us] an old address stays valid this long unused */

struct path_replies {
    struct datagram reply;     /* len 0 = none */
    struct datagram challenge; /* to the same address, likewise */
    bool back;                 /* as transport_heard */
};
/* A STUN message: the transport it is for when it is authentic, with what is to be sent; else NULL,
 * counted, and nothing has changed (but a 420 may be in reply). */
struct transport *path_stun(struct transports *all, us_t now, const struct packet *k,
                            struct path_replies *ret);
/* Something authentic came by a path that is not proven: ask for proof. ret->len is 0 when it is
 * proven, was asked just now, or it would be more than transport_allows. */
void path_challenge(struct transport *t, us_t now, struct path *path, struct datagram *ret);
/* The transport that has validated this address, and which path it is; else NULL. */
struct transport *path_find(struct transports *all, us_t now, const struct addr *from,
                            struct path **ret_path);
struct packet_addrs {
    struct addr from, to; /* as in struct packet */
};
/* Validate an address; that it was heard is for transport_heard to note. NULL when it is somebody
 * else's, who was heard from there just now. */
struct path *path_add(struct transport *t, us_t now, const struct packet_addrs *a);
/* Nothing is found by address or ufrag any more; the selected address stays readable. */
void path_forget_all(struct transport *t);

#endif
