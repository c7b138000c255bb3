/* A packet of a feed becomes a datagram to one viewer: our header, the extensions and the VP8
 * numbers of its stream, sealed straight from the shared plaintext into the caller's buffer:
 * encryption is the copy. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_OUT_SEAL_H
#define ORIEL_MEDIA_OUT_SEAL_H

#include "media/out/stream.h"

/* p goes out as *o says. False when it cannot be sealed. */
bool seal_media(struct stream *s, const struct media_packet *p, const struct rewrite_out *o,
                struct datagram *ret);
/* The same as a retransmission, in the RTX stream's own numbers (RFC 4588). */
bool seal_rtx(struct stream *s, const struct media_packet *p, const struct rewrite_out *o,
              struct datagram *ret);

/* The same once more for a viewer without RTX: the packet that went out under this index, to the
 * bit (RFC 3711 section 9.1: the same plaintext under the same index is the same packet). *o must
 * be what rewrite_reverse says of it, so that nothing of the stream has changed since. */
bool seal_again(struct stream *s, const struct media_packet *p, const struct rewrite_out *o,
                struct datagram *ret);

#endif
