/* Pictures that are shown in another order than they come (B pictures of H.264), in a fragment of
 * MP4: the times at which they are decoded, and offsets from there to when they are shown, which
 * may be negative (ISO/IEC 14496-12 section 8.8.8, version 1 of trun).
 *
 * DESIGN. A recording's frames have rising times in the order in which they came, and those that
 * are shown earlier say by how much (media_frame.shift). Where a fragment begins with a key frame,
 * its pictures are decoded at the times at which pictures are shown, one after another, which
 * spreads them evenly; else at the times that they have. Either way no picture is decoded before
 * one of an earlier fragment, and nobody has to know how deep a sender reorders. libavformat takes
 * no picture that is shown before it is decoded: it is told that all are shown later, by `lead`,
 * which is taken off in what it has written. Stateless; any thread. */
#ifndef ORIEL_RECORDER_CONTAINER_MP4_ORDER_H
#define ORIEL_RECORDER_CONTAINER_MP4_ORDER_H

#include "base/err.h"
#include "recorder/container/segment.h"

struct mp4_order {
    us_t *decode; /* [us] of each frame, from the first of the fragment on; NULL: as it is shown */
    us_t lead;    /* [us] */
};

/* Of frames [from, to). ERR_NOMEM: nothing is held. */
enum err mp4_order_init(struct mp4_order *o, const struct segment *s, size_t from, size_t to);
/* Safe on a zeroed one. */
void mp4_order_free(struct mp4_order *o);
/* Take `lead` [ticks of this track] off the offsets in a moof box of n bytes at p, in place.
 * ERR_FORMAT: it is none of libavformat's with offsets of this track. */
enum err mp4_order_undo(uint8_t *p, size_t n, uint32_t track, uint32_t lead);

#endif
