/* The life of a transport: announced, joined, silent, gone, closed. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_TRANSPORT_LIFECYCLE_H
#define ORIEL_MEDIA_TRANSPORT_LIFECYCLE_H

#include "media/transport/path.h"

/* In zeroed memory. ERR_EXISTS when another transport has this local ufrag: nothing is held then.
 */
enum err transport_init(struct transport *t, struct transports *all, us_t now,
                        const struct session_params *s);
/* Nobody finds it any more and nothing comes in; the selected address stays for what is left to
 * be sent. */
void transport_close(struct transport *t);
/* Go on with the keys of a snapshot at these addresses (NULL: none is known), as if the handshake
 * were done. */
void transport_resume(struct transport *t, us_t now, const struct packet_addrs *where);
/* When transport_timeout has something to do. */
us_t transport_deadline(const struct transport *t);
/* Time has passed: silence, the end of patience. */
enum transport_verdict transport_timeout(struct transport *t, us_t now);

#endif
