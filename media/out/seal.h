/* A packet of a feed becomes a packet to one viewer: our header, the VP8 numbers of its stream,
 * sealed straight from the shared plaintext into the train: encryption is the copy. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_OUT_SEAL_H
#define ORIEL_MEDIA_OUT_SEAL_H

#include "media/out/stream.h"
#include "media/wire/train.h"

/* Length that p will have on the wire in this stream [bytes], as media (at most) and as a
 * retransmission. */
size_t seal_media_len(const struct stream *s, us_t now, const struct media_packet *p);
size_t seal_rtx_len(const struct stream *s, const struct media_packet *p);
/* p joins the train as *o says; the train must take its length. False when it cannot be sealed, or
 * must not be because its index is not leased (counted). */
bool seal_media(struct stream *s, us_t now, const struct media_packet *p,
                const struct rewrite_out *o, struct train *t);
/* The same as a retransmission, in the RTX stream's own numbers (RFC 4588). */
bool seal_rtx(struct stream *s, us_t now, const struct media_packet *p, const struct rewrite_out *o,
              struct train *t);
/* The same once more for a viewer without RTX: the packet that went out under this index, to the
 * bit (RFC 3711 section 9.1: the same plaintext under the same index is the same packet). *o must
 * be what rewrite_reverse says of it, so that nothing of the stream has changed since. */
bool seal_again(struct stream *s, us_t now, const struct media_packet *p,
                const struct rewrite_out *o, struct train *t);
/* A packet of padding alone, in the RTX stream, which must have been agreed on: it continues no
 * media (RFC 3550 section 5.1). It has seal_padding_len bytes. */
size_t seal_padding_len(const struct stream *s);
bool seal_padding(struct stream *s, us_t now, struct train *t);

/* The packet that repairs one of those in *f (media/out/protect.h), in the stream that was agreed
 * on for it. It has seal_repair_len bytes. */
size_t seal_repair_len(const struct stream *s, const struct flexfec *f);
bool seal_repair(struct stream *s, us_t now, const struct flexfec *f, struct train *t);

#endif
