/* Pictures that are shown in another order than they come (B pictures of H.264), in a fragment of
 * MP4: the times at which they are decoded, and offsets from there to when they are shown, which
 * may be negative (ISO/IEC 14496-12 section 8.8.8, version 1 of trun).
 *
 * DESIGN. A recording's frames have rising times in the order in which they came, and those that
 * are shown earlier say by how much (media_frame.shift). Where a fragment begins with a key frame,
 * its pictures are decoded at the times at which pictures are shown, one after another, which
 * spreads them evenly; else at the times that they have. So no picture is decoded before one of an
 * earlier fragment. Where the sender says beforehand that it reorders (segment.reorders, the same
 * in a whole epoch), all this is MP4_ORDER_DELAY earlier, so that nothing is shown before it is
 * decoded; as there is nothing before an epoch, time goes slower there until that is reached.
 *
 * A sender that did not say so is found out when it is too late for a delay, so offsets are
 * negative then. libavformat writes none: it is told that all pictures are shown later, by `lead`,
 * which is taken off in what it has written. (As a reader it shows such a track a little late.)
 * Stateless; any thread. */
#ifndef ORIEL_RECORDER_CONTAINER_MP4_ORDER_H
#define ORIEL_RECORDER_CONTAINER_MP4_ORDER_H

#include "base/err.h"
#include "recorder/container/segment.h"

#define MP4_ORDER_DELAY (500 * US_PER_MS) /* eight pictures of 15 in a second */

struct mp4_order {
    us_t *decode; /* [us] of each frame, from the first of the fragment on; NULL: as it is shown */
    us_t lead;    /* [us] whole milliseconds; 0: nothing to take off */
};

/* Of frames [from, to) in a file whose time 0 is `origin` [us]. ERR_NOMEM: nothing is held. */
enum err mp4_order_init(struct mp4_order *o, const struct segment *s, size_t from, size_t to,
                        us_t origin);
/* When a picture is decoded whose turn is at t [us]. */
us_t mp4_order_decoded(const struct segment *s, us_t t, us_t origin);
/* When frame f is shown [us]: not before `origin`. */
static inline us_t mp4_order_shown(const struct segment_frame *f, us_t origin) {
    return us_max(f->t + f->shift, origin);
}
/* Safe on a zeroed one. */
void mp4_order_free(struct mp4_order *o);
/* Take `lead` [ticks of this track] off the offsets in a moof box of n bytes at p, in place.
 * ERR_FORMAT: it is none of libavformat's with offsets of this track. */
enum err mp4_order_undo(uint8_t *p, size_t n, uint32_t track, uint32_t lead);

#endif
