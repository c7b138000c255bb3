/* Addresses of a transport: only an authenticated STUN check makes an address valid, and only a
 * valid address may speak DTLS, SRTP or SRTCP (RFC 8445 section 12, RFC 8827 section 6.5). A source
 * address is never filtered otherwise: with a server on loopback browsers send from elsewhere.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_TRANSPORT_PATH_H
#define ORIEL_MEDIA_TRANSPORT_PATH_H

#include "media/transport/transport.h"

#define PATH_LIFE (10 * US_PER_S) /* [us] an old address stays valid this long unused */

/* Can be found by these credentials from now on, no more by earlier ones. ERR_EXISTS when another
 * transport has this local ufrag. */
enum err path_announce(struct transport *t, const struct ice_credentials *ice);
/* A binding request: the transport it is for, with its answer in reply (len 0 = say nothing), when
 * it is authentic; else NULL, counted, and nothing has changed. *ret_back as transport_heard. */
struct transport *path_check(struct transports *all, us_t now, const struct packet *k,
                             struct datagram *reply, bool *ret_back);
/* The transport that has validated this address, and which path it is; else NULL. */
struct transport *path_find(struct transports *all, us_t now, const struct addr *from,
                            struct path **ret_path);
/* Validate an address; it becomes the selected one when `select`, or when there is none. */
struct path *path_add(struct transport *t, us_t now, const struct addr *from, bool select);
/* Nothing is found by address or ufrag any more; the selected address stays readable. */
void path_forget_all(struct transport *t);

#endif
