/* Which packets go to a viewer once more, with one after them (RFC 2198): those before it in the
 * feed, from the feed's cache, so that nothing is kept per viewer. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_OUT_REDUNDANT_H
#define ORIEL_MEDIA_OUT_REDUNDANT_H

#include "media/out/stream.h"
#include "media/send/redundancy.h"
#include "media/wire/red.h"

struct redundant {
    unsigned n;                            /* 0: the packet goes out plain */
    struct media_packet p[REDUNDANCY_MAX]; /* the newest first; p[i].packet is borrowed */
    size_t len;                            /* [bytes] that they add to the payload */
};

/* What goes with p: as many as the stream is to have, as far as they are a part of the same sound,
 * were sent by the same stream before, and leave room for p. */
void redundant_of(const struct stream *s, us_t now, const struct media_packet *p,
                  struct redundant *ret);

#endif
