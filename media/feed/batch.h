/* The packets of one feed that came with one batch of input: they go to a viewer together, so that
 * a frame is one train. For that the packets of a frame are made equal by RTP padding (RFC 3550
 * section 5.1) where a few bytes do it: browsers cut a frame into packets that differ by one. The
 * padding is part of the packet from then on, for every viewer and for every time it is sent again.
 * Owner: the engine's thread; lives in a feed. */
#ifndef ORIEL_MEDIA_FEED_BATCH_H
#define ORIEL_MEDIA_FEED_BATCH_H

#include "base/list.h"
#include "media/feed/packet.h"

/* packets: as many as one batch of input has datagrams, and some that redundancy repairs */
#define BATCH_MAX (64 + 8)
#define BATCH_PADDING 32 /* [bytes] a packet that lacks more is sent by itself */

struct feed_batch {
    struct link in; /* fanout.batches, while not empty */
    unsigned n;
    struct media_packet p[BATCH_MAX]; /* each holds a reference; without a packet: one of this
                                         number is not passed on */
};

/* Empty. */
void feed_batch_init(struct feed_batch *b);
/* Another packet; it gets a reference of its own. There must be room. */
void feed_batch_add(struct feed_batch *b, const struct media_packet *p);
/* The source has sent a packet that is not passed on. There must be room, and a packet before it.
 */
void feed_batch_skip(struct feed_batch *b, uint64_t seq);
/* Choose the padding of each packet: media_packet.padding. */
void feed_batch_pad(struct feed_batch *b);
/* Drop all references. */
void feed_batch_clear(struct feed_batch *b);

#endif
